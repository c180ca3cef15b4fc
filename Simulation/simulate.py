"""How well rules choose columns, on tables of which it is known which belong.

    python3 Simulation/simulate.py --settings paper,pipeline --repetitions 4 --seed 1 \\
        --rules "default,1se,fdr=0.2,cv.glmnet 1se"

Makes the tables, runs the command and the peers on them, and writes Simulation/results/NAME.csv, a
line for each rule and table, and NAME.md, tables of means with standard errors. settings.py has the
settings, rules.py the rules: what is no peer there is taken to follow --choose. A NAME.csv that is
there is gone on with: what stands in it is not run again, so a long simulation can be made in parts.
"""
import argparse
import csv
import shlex
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import rules

if __name__ == "__main__":
    rules.environments.enter("sklearn")  # numpy

import numpy as np  # noqa: E402
import tables  # noqa: E402
import settings as known  # noqa: E402

USUAL = ["default", "1se", "min", *rules.PEERS]
COLUMNS = ["setting", "repetition", "seed", "rule", "kept", "true", "right", "error", "seconds", "choice",
           "note"]


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", default="paper,pipeline,hard,duplicates,noise",
                        help="groups, shapes or settings of settings.py, separated by commas")
    parser.add_argument("--repetitions", type=int, default=4, help="tables a setting")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", default=",".join(USUAL), help=f"default: {','.join(USUAL)}")
    parser.add_argument("--choice-seeds", type=int, default=1, metavar="N",
                        help="run each rule of ours with so many seeds, to see how stable it is")
    parser.add_argument("--name", default=f"simulation-{date.today()}", help="of the results")
    parser.add_argument("--processes", type=int, default=1, help="of ours that run at once")
    parser.add_argument("--binary", type=Path, default=rules.HERE.parent / ".build/release/csvlasso")
    given = parser.parse_args()
    if not given.binary.exists():
        parser.error(f"no {given.binary}; first: make build")
    try:
        given.settings = known.chosen(given.settings.split(","))
    except KeyError as name:
        parser.error(f"no setting {name}; see settings.py")
    given.rules = given.rules.split(",")
    return given


def test_error(table, kept):
    """The error of least squares on the kept columns, fitted to the same rows, on new rows: the mean
    squared error over the variance of the noise, 1 for the truth itself."""
    x, y = table.x[:, kept], table.y
    if table.setting.family == "binomial":
        return logistic_error(x, y, table.test[:, kept], table.test @ table.beta)
    center = x.mean(axis=0)
    beta = np.linalg.lstsq(x - center, y - y.mean(), rcond=None)[0]
    difference = (y.mean() + (table.test[:, kept] - center) @ beta) - table.test @ table.beta
    return 1 + float(np.mean(difference ** 2)) / table.sigma ** 2


def logistic_error(x, y, test, truth):
    """The same for logistic regression: the mean deviance on new rows over that of their true
    probabilities, whose logits are `truth`."""
    x = np.column_stack([np.ones(len(y)), x])
    beta = np.zeros(x.shape[1])
    ridge = 1e-6 * len(y) * np.eye(x.shape[1])  # so that separated classes have an answer
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(hessian, x.T @ (y - p) - ridge @ beta)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    share = 1 / (1 + np.exp(-truth))

    def deviance(logits):
        return np.mean(np.logaddexp(0, logits) - share * logits)

    return float(deviance(beta[0] + test @ beta[1:]) / deviance(truth))


def line(table, rule, given, kept, seconds, choice=1, note=""):
    """A line of the results; without counts where the rule gave no answer."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {"setting": table.setting.name, "repetition": table.repetition, "seed": given.seed,
            "rule": rule, "true": len(table.truth), "choice": choice, "note": note}
    if kept is not None:
        row |= {"kept": " ".join(map(str, kept)), "right": len(table.truth.intersection(kept)),
                "error": f"{test_error(table, kept):.6g}", "seconds": f"{seconds:.3f}",
                "note": note or "done"}
    return row


def run_ours(table, wanted, given, folder):
    """Our rules on a table: lines."""
    path = folder / "table.csv"
    known.write_csv(table, path)

    def run(job):
        rule, choice = job
        try:
            kept, seconds = rules.ours(given.binary, rule, path, table.seed + 1000 * (choice - 1))
        except rules.Refused as reason:
            return line(table, rule, given, None, 0, choice, str(reason))
        return line(table, rule, given, kept, seconds, choice)

    with ThreadPoolExecutor(given.processes) as pool:
        yield from pool.map(run, wanted)


def run_setting(setting, done, given, folder):
    """All rules on all tables of a setting that are not done yet: lines."""
    jobs = {}
    for repetition in range(given.repetitions):
        for rule in given.rules:
            seeds = 1 if rule in rules.PEERS else given.choice_seeds
            for choice in range(1, seeds + 1):
                if (setting.name, repetition, given.seed, rule, choice) not in done:
                    jobs.setdefault(repetition, []).append((rule, choice))
    tables = {r: known.table(setting, r, given.seed) for r in jobs}
    for repetition, some in jobs.items():
        yield from run_ours(tables[repetition], [job for job in some if job[0] not in rules.PEERS],
                            given, folder)
    for script in sorted(set(rules.PEERS.values())):
        # Tables that lack the same rules go together.
        groups = {}
        for repetition, some in jobs.items():
            lacking = tuple(rule for rule, _ in some if rules.PEERS.get(rule) == script)
            if lacking:
                groups.setdefault(lacking, []).append(tables[repetition])
        for lacking, some in groups.items():
            for number, rule, kept, seconds, note in rules.peers(script, lacking, some, folder):
                yield line(some[number], rule, given, kept, seconds, note=note)


def main():
    """Runs what is not done, and reports on all."""
    given = arguments()
    results = rules.HERE / "results"
    results.mkdir(exist_ok=True)
    raw = results / f"{given.name}.csv"
    rows = list(csv.DictReader(raw.open(encoding="utf-8"))) if raw.exists() else []
    done = {(r["setting"], int(r["repetition"]), int(r["seed"]), r["rule"], int(r["choice"]))
            for r in rows}
    with raw.open("a", encoding="utf-8", newline="") as file, \
            tempfile.TemporaryDirectory() as folder:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not rows:
            writer.writeheader()
        for setting in given.settings:
            before = len(rows)
            for row in run_setting(setting, done, given, Path(folder)):
                writer.writerow(row)
                rows.append({key: str(value) for key, value in row.items()})
            file.flush()
            print(f"{setting.name}: {len(rows) - before} runs", file=sys.stderr, flush=True)
    text = tables.markdown(rows, shlex.join(["python3", "Simulation/simulate.py", *sys.argv[1:]]))
    (results / f"{given.name}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
