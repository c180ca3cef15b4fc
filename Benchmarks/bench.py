"""The main job, whole processes: ours and its peers in turn, and whether they choose the same.

    python3 Benchmarks/bench.py [SET...]      S1 T1 T2 M1 W1 W2 L1 L2 P1 K1 C1; all of them if
                                              none is named
    python3 Benchmarks/bench.py --quick       small sets, the peers that are soon installed

Makes the sets where absent, installs the peers, and writes a report. A run that fails or takes too
long is a row that says so. Needs Python 3.11 with venv; everything else comes by itself.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import agreement
import environments
import report
from environments import NotInstallable
from measure import Run, measure
from programs import FULL, HERE, QUICK, TARGETS, programs

QUICK_PROGRAMS = ["ours", "sklearn", "r", "polars-read", "wc"]
SHORT, BURST = 0.3, 10      # runs below so many seconds come so many at a time


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--quick", action="store_true", help="small sets, few peers, two minutes")
    parser.add_argument("--rounds", type=int, help="default 3; with --quick 2")
    parser.add_argument("--timeout", type=float, default=300, help="seconds a run may take")
    parser.add_argument("--slow", type=float, default=60,
                        help="what took more seconds is not run again")
    parser.add_argument("--programs", help="keys of programs.py, separated by commas")
    parser.add_argument("--skip-agreement", action="store_true")
    parser.add_argument("--full-agreement", action="store_true",
                        help="compare on all rows and the whole grid; R then takes long")
    parser.add_argument("--only-agreement", action="store_true")
    parser.add_argument("--ours", type=Path, default=environments.ROOT / ".build/static/release/csvlasso")
    parser.add_argument("--data", type=Path,
                        default=Path(tempfile.gettempdir()) / "csvlasso-bench",
                        help="where the sets are; several GB")
    parser.add_argument("--report", type=Path, help="where the report goes")
    given = parser.parse_args()
    known = QUICK if given.quick else FULL
    for name in given.sets:
        if name not in known:
            parser.error(f"no set {name}; there are {' '.join(known)}")
    if not given.ours.exists():
        parser.error(f"no {given.ours}; first: make build")
    given.sets = [known[name] for name in given.sets or known]
    given.rounds = given.rounds or (2 if given.quick else 3)
    if given.report is None:
        given.report = (environments.ROOT / ".build/bench-quick.md" if given.quick
                        else HERE / "results" / f"bench-{date.today()}.md")
    return given


def chosen_programs(given):
    """Those asked for. Raises SystemExit for one that is not known."""
    known = programs(len(os.sched_getaffinity(0)))
    keys = [program.key for program in known]
    usual = QUICK_PROGRAMS if given.quick else keys
    wanted = given.programs.split(",") if given.programs else usual
    for key in wanted:
        if key not in keys:
            raise SystemExit(f"no program {key}; there are {' '.join(keys)}")
    return [program for program in known if program.key in wanted]


def tell(text):
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def make(table, folder):
    """The file of a set."""
    file = folder / f"{table.shape}.csv"
    if not file.exists():
        tell(f"making {file}")
        python = environments.python("sklearn")
        subprocess.run([python, HERE / "generate.py", table.shape, file], check=True)
    return file


def warm(file):
    """Reads the file, so that all find it in the page cache."""
    with open(file, "rb", buffering=0) as bytes_:
        while bytes_.read(1 << 24):
            pass


def columns(out, target):
    """How many columns stand in what was written; None where that is no CSV with the target."""
    with open(out, "rb") as file:
        names = [name.strip(b'"').decode(errors="replace")
                 for name in file.readline().rstrip(b"\r\n").split(b",")]
    return len(names) - len(target) if names[-len(target):] == target else None


def run(program, table, file, given):
    """One run, or a burst of short ones; and the number of columns chosen."""
    out = given.data / f"out-{program.key}.csv"
    try:
        command = program.called(file, out, given.ours, table.family)
    except NotInstallable as reason:
        return [Run(fault=str(reason))], None
    # What is told on standard output goes to OUT, unless the program writes OUT itself.
    streams = out if "OUT" not in program.command else Path(f"{out}.stdout")
    runs = [measure(command, streams, given.timeout)]
    while not runs[-1].fault and runs[0].seconds < SHORT and len(runs) < BURST:
        runs.append(measure(command, streams, given.timeout))
    reads_only = program.key in ("wc", "polars-read", "cut")
    count = None if runs[-1].fault or reads_only else columns(out, TARGETS[table.family])
    return runs, count


def measure_set(table, chosen, given):
    """Runs of every program, in turn: by key the runs and the number of columns."""
    file = make(table, given.data)
    chosen = [program for program in chosen if table.family in program.families]
    runs, counts = {program.key: [] for program in chosen}, {}
    for turn in range(given.rounds):
        for program in chosen:
            done = runs[program.key]
            if done and (done[-1].fault or done[-1].seconds > given.slow):
                continue
            # While one takes its time, the kernel may give the cache to others.
            warm(file)
            more, count = run(program, table, file, given)
            done += more
            counts[program.key] = count
            last = more[-1]
            tell(f"  {table.name} round {turn + 1}  {program.label}: "
                 + (last.fault or f"{last.seconds:.3f} s, {last.peak:.0f} MB"))
    return file.stat().st_size, runs, counts


def main():
    """Installs, measures, compares, reports."""
    given = arguments()
    chosen = chosen_programs(given)
    given.data.mkdir(parents=True, exist_ok=True)
    for name in sorted({program.environment for program in chosen} - {None}):
        try:
            environments.r() if name == "r" else environments.python(name)
        except NotInstallable as reason:
            tell(f"{name}: {reason}")
    load = os.getloadavg()[0]
    results, comparisons = [], []
    for table in given.sets:
        if not given.only_agreement:
            results.append((table, *measure_set(table, chosen, given)))
        if not given.skip_agreement:
            tell(f"  {table.name}: comparing choices with cv.glmnet")
            rows = None if given.full_agreement else table.agreement_rows
            comparisons.append(
                (table, agreement.compare(table, make(table, given.data), rows, given)))
    text = report.text(results, comparisons, chosen, given, load)
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text(text)
    given.report.with_suffix(".csv").write_text(report.measurements(results, chosen))
    print(text)
    tell(f"written to {given.report}")
    return 0 if all(not comparison.fault for _, comparison in comparisons) else 1


if __name__ == "__main__":
    sys.exit(main())
