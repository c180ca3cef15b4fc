#!/usr/bin/env python3
"""Runs real tables, each with every target and family that fits, and options drawn by seed; checks the laws.

    python3 Tests/Gauntlet/gauntlet.py              # tables of packages, 5,000 runs and more; hours
    python3 Tests/Gauntlet/gauntlet.py --quick      # 200 small runs on tables that are committed or made
    python3 Tests/Gauntlet/gauntlet.py --case NAME  # one case again, as a failure names it
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import agreement
import cases
import laws
import made
import report
import running
import sources
import tables
import targets

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build" / "gauntlet"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.environ.get("CSVLASSO", ROOT / ".build/release/csvlasso"))
    parser.add_argument("--quick", action="store_true", help="200 small runs, without network, R or packages")
    parser.add_argument("--seed", type=int, default=1, help="of options and made tables")
    parser.add_argument("--runs", type=int, help="so many runs, spread evenly over the tables (6,000; quick: 200)")
    parser.add_argument("--all", action="store_true", help="every target and family of every table; a day")
    parser.add_argument("--draws", type=int, default=1, help="sets of options for each target and family")
    parser.add_argument("--only", default="", help="tables whose name holds this text")
    parser.add_argument("--family", default="", help="this family alone")
    parser.add_argument("--case", help="one case, by its name")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--no-glmnet", action="store_true", help="without the comparison with cv.glmnet")
    parser.add_argument("--glmnet-only", action="store_true", help="nothing but that comparison")
    parser.add_argument("--record", action="store_true", help="write Tests/Gauntlet/results/DATE.md")
    return parser.parse_args()


def package_cases(found, options):
    """Of every table and target the plain command where it is drawn, and sets of options."""
    for table in found:
        some = targets.targets(table)
        # A long table costs as much as many short ones; a wide one has targets that are all alike.
        most = 4 if table.rows > 5000 else 12 if table.width > 40 else 40
        if len(some) > most:
            some = Random(f"{options.seed} {table.name}").sample(some, most)
        for target in some:
            plain = Random(f"{options.seed} plain {table.name} {target.name}").random() < 0.25
            for number in range(0 if plain else 1, options.draws + 1):
                yield cases.drawn(table, target, options.seed, number)


def quick_cases(options):
    """The committed tables and made ones, each target of a made one as it was meant and one drawn."""
    found = sources.load(HERE / "tables")
    chosen = list(package_cases(found, options))
    for path, family, told in made.make(BUILD / "made", options.seed, 3):
        table = tables.read(f"made/{path.stem}", path)
        places = {column.name: str(column.place) for column in table.columns}
        words = [",".join(places.get(name, name) for name in word.split(",")) for word in told]
        picked = [int(p) for flag, value in zip(words, words[1:]) if flag in ("-y", "--time", "--event")
                  for p in value.split(",")]
        target = targets.Target(family, tuple(words), tuple(picked))
        chosen += [cases.drawn(table, target, options.seed, number) for number in range(3)]
    return chosen


def spread(chosen, count, seed):
    """So many of the cases: table by table in turn, and in each family by family, so that none is left out."""
    random = Random(f"{seed} spread")
    seen, ranked = {}, []
    for case in random.sample(chosen, len(chosen)):
        key = (case.table.name, case.target.family)
        seen[key] = seen.get(key, 0) + 1
        ranked.append((seen[key], case))
    piles = {}
    for _, case in sorted(ranked, key=lambda pair: pair[0]):
        piles.setdefault(case.table.name, []).append(case)
    picked = [(turn, case) for pile in piles.values() for turn, case in enumerate(pile)]
    return [case for _, case in sorted(picked, key=lambda pair: pair[0])][:count]


def go(program, name, chosen, jobs, scratch):
    """All cases, several at a time, each worker in a folder of its own."""
    own, results, started = threading.local(), [], time.monotonic()
    shown = started

    def one(case):
        if not hasattr(own, "folder"):
            own.folder = Path(tempfile.mkdtemp(dir=scratch))
        try:
            return laws.try_case(program, case, own.folder)
        except Exception as error:  # A fault of the gauntlet itself is told as one, with its case.
            return laws.Result(case, -1, 0, 1, [f"gauntlet: {type(error).__name__}: {error}"])

    ordered = Random(0).sample(chosen, len(chosen))
    with ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(one, ordered):
            results.append(result)
            if result.faults:
                print("\n".join(report.failures([result], name)), flush=True)
            if time.monotonic() - shown > 30:
                shown = time.monotonic()
                print(f"… {len(results)} of {len(ordered)} runs, "
                      f"{sum(1 for r in results if r.faults)} failing", flush=True)
    return results, time.monotonic() - started


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="gauntlet-") as scratch:
        return run(options, Path(scratch))


def run(options, scratch):
    """Everything that the options ask for; the exit status."""
    program = running.program(options.program, scratch)
    versions, found = [], []
    if options.quick:
        chosen = quick_cases(options)
    else:
        versions = sources.fetch(BUILD)
        found = [t for t in sources.load(BUILD / "tables") if options.only in t.name]
        chosen = list(package_cases(found, options))
        print(f"{len(found)} tables, {len(chosen)} cases", flush=True)
    if options.case:
        chosen = [case for case in chosen + quick_cases(options) if case.name == options.case]
        if not chosen:
            raise SystemExit(f"gauntlet: no case is named {options.case} (the seed was another?)")
    if options.family:
        chosen = [case for case in chosen if case.target.family == options.family]
    count = options.runs or (200 if options.quick else None if options.all else 6000)
    if count and not options.case:
        chosen = spread(chosen, count, options.seed)
    results, seconds = ([], 0.0) if options.glmnet_only else go(program, options.program, chosen, options.jobs, scratch)
    said, apart = [], []
    if not (options.quick or options.case or options.no_glmnet):
        said, apart = agreement.compare(program, found, BUILD / "agreement", options.jobs, options.seed)
    print("\n".join([*report.summary(results, seconds), *said, *apart]) if results else "\n".join([*said, *apart]))
    if options.record:
        path = report.write(HERE / "results", results, seconds, sys.argv[1:], versions, [*said, *apart])
        print(f"written: {path.relative_to(ROOT)}")
    failed = sum(1 for result in results if result.faults) + len(apart)
    print(f"{len(results) + len(said) - failed} passed, {failed} failed")
    return 1 if failed or not (results or said) else 0


if __name__ == "__main__":
    sys.exit(main())
