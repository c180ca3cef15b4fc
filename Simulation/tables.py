"""Tables of what rules kept, for people.

    python3 Simulation/tables.py results/A.csv results/B.csv ... > table.md

Means are over settings, each with the weight of its tables' mean; their standard error is
sqrt(sum of s_k^2 / n_k) / K for K settings with n_k tables and a variance s_k^2 between these. Of a run
that keeps t true and f false of T true columns,

- precision is t / (t + f), averaged over the runs that keep any column,
- FDR is the mean of f / (t + f), 0 where nothing is kept (1 - FDR is what precision is when a run that
  keeps nothing counts as 1),
- recall is t / T, F1 is 2 t / (2 t + f + (T - t)), 0 where nothing is kept,
- exact is the share of runs that keep the true columns and no others,
- error is the squared error of least squares on the kept columns, fitted to the same rows, on 5000 new
  rows, over the noise's variance; its median over runs, since a saturated fit has any; for classes the
  deviance of logistic regression over that of the true probabilities.
"""
import csv
import math
import statistics
import sys
from datetime import date

import rules
import settings as known


class Run:
    """What a rule kept of a table."""

    def __init__(self, row):
        self.setting, self.rule = row["setting"], row["rule"]
        self.key = (row["setting"], row["repetition"], row["seed"])
        self.choice, self.note = int(row["choice"]), row["note"]
        self.isDone = row["right"] != ""
        if not self.isDone:
            return
        self.kept = frozenset(row["kept"].split())
        count, true, right = len(self.kept), int(row["true"]), int(row["right"])
        self.count, self.error, self.seconds = count, float(row["error"]), float(row["seconds"])
        self.precision = right / count if count else None
        self.fdp = (count - right) / count if count else 0.0
        self.recall = right / true if true else None
        self.f1 = 2 * right / (count + true) if true else None
        self.exact = float(right == count == true)
        self.empty = float(count == 0)


def mean(by_setting, value):
    """The mean over settings and its standard error; None where there is nothing to average."""
    means, variances = [], []
    for runs in by_setting.values():
        values = [v for v in (value(run) for run in runs) if v is not None]
        if values:
            means.append(statistics.fmean(values))
            variances.append(statistics.variance(values) / len(values) if len(values) > 1 else 0)
    if not means:
        return None
    return statistics.fmean(means), math.sqrt(sum(variances)) / len(means)


def cell(figure, places=2):
    """A mean ± its standard error."""
    return "–" if figure is None else f"{figure[0]:.{places}f} ± {figure[1]:.{places}f}"


def grouped(runs):
    """Runs by setting."""
    by = {}
    for run in runs:
        by.setdefault(run.setting, []).append(run)
    return by


def table(runs, order):
    """One line a rule."""
    lines = ["| rule | precision | recall | F1 | exact | FDR | error | kept | seconds | runs |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    settings = {run.setting for run in runs}
    for rule in order:
        some = [run for run in runs if run.rule == rule and run.choice == 1]
        done = [run for run in some if run.isDone]
        if not some:
            continue
        if not done:
            lines.append(f"| {rule} | no answer: {some[0].note} |" + " |" * 8)
            continue
        by = grouped(done)
        figures = [cell(mean(by, lambda r, n=name: getattr(r, n)))
                   for name in ("precision", "recall", "f1", "exact", "fdp")]
        error = f"{statistics.median(run.error for run in done):.3f}"
        kept = cell(mean(by, lambda r: r.count), 1)
        seconds = f"{statistics.median(run.seconds for run in done):.2f}"
        count = str(len(done))
        if len(by) < len(settings):
            count += f", in {len(by)} of {len(settings)} settings"
        lines.append("| " + " | ".join([rule, *figures, error, kept, seconds, count]) + " |")
    return lines


def noise_table(runs, order):
    """One line a rule: what is kept where there is nothing to keep."""
    names = [s for s in known.settings() if any(run.setting == s for run in runs)]
    lines = ["| rule | nothing kept | " + " | ".join(f"kept, {name}" for name in names) + " |",
             "|---|---|" + "---|" * len(names)]
    for rule in order:
        done = [run for run in runs if run.rule == rule and run.isDone and run.choice == 1]
        if done:
            by = grouped(done)
            each = [cell(mean({name: by.get(name, [])}, lambda r: r.count), 1) for name in names]
            lines.append("| " + " | ".join([rule, cell(mean(by, lambda r: r.empty)), *each]) + " |")
    return lines


def stability_table(runs, order):
    """One line a rule: how alike are what different seeds keep of the same table."""
    lines = ["| rule | median Jaccard | mean | pairs of seeds |", "|---|---|---|---|"]
    for rule in order:
        tables, likeness = {}, []
        for run in runs:
            if run.rule == rule and run.isDone:
                tables.setdefault(run.key, []).append(run.kept)
        for kept in tables.values():
            likeness += [len(a & b) / len(a | b) if a | b else 1.0
                         for i, a in enumerate(kept) for b in kept[:i]]
        if likeness:
            lines.append(f"| {rule} | {statistics.median(likeness):.3f} | "
                         f"{statistics.fmean(likeness):.3f} | {len(likeness)} |")
    return lines


def markdown(rows, command):
    """All tables of the rows of results."""
    runs = [Run(row) for row in rows]
    order = list(dict.fromkeys(run.rule for run in runs))
    group = {name: setting.group for name, setting in known.settings().items()}
    seeds = sorted({row["seed"] for row in rows})
    text = [f"# Simulation, {date.today()}", "",
            f"    {command}", "",
            f"Seed {', '.join(seeds)}. Peers: {'; '.join(rules.versions())}. Means ± standard errors; "
            "tables.py says what the figures are, settings.py what the settings.", ""]
    for name in dict.fromkeys(group.values()):
        some = [run for run in runs if group[run.setting] == name]
        if not some:
            continue
        text += [f"## {name}", ""]
        text += (noise_table if name == "noise" else table)(some, order) + [""]
        shapes = list(dict.fromkeys(run.setting.split("@")[0] for run in some))
        if name != "noise" and len(shapes) > 1:
            for shape in shapes:
                part = [run for run in some if run.setting.split("@")[0] == shape]
                text += [f"### {name}: {shape}", "", *table(part, order), ""]
        if any(run.choice > 1 for run in some):
            text += ["### Stability under the seed", "", *stability_table(some, order), ""]
    return "\n".join(text)


def main():
    """The tables of several files of results together."""
    rows = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            rows += csv.DictReader(file)
    print(markdown(rows, " ".join(["python3 Simulation/tables.py", *sys.argv[1:]])))


if __name__ == "__main__":
    main()
