"""How the constants of the default rule were set, and what others would have given.

    python3 Simulation/constants.py --seeds 11,12,13,14 --repetitions 6 --folder /tmp/constants > table.md

The rule is written down once more here, over scikit-learn's lasso: five random partitions into ten folds,
relaxed fits with gamma 0, 0.25, 0.5, 0.75 and 1, the fewest columns with an error that is above the
smallest by at most `share` standard errors of the smallest error, at most `paired` standard errors of the
difference, and at most `explained` of what the columns explain; none where that is within `null`
standard errors; of these columns those that at least `votes` of the 50 training sets' fits have. Errors and supports of a table are kept in the folder, so that constants can be varied.
Needs numpy and scikit-learn; on its first run, two minutes for each seed and repetition.
"""
import argparse
import pickle
import statistics
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import lasso_path

import settings as known

GAMMAS = np.array([0, 0.25, 0.5, 0.75, 1])
GROUPS = {"low": "low", "medium": "medium", "high-5": "high-5", "high-10": "high-10",
          "hard": "hard", "noise": "noise-low,noise-medium,noise-high"}
# share, paired, explained, null, votes; the first is the rule.
ALL = np.inf
VARIED = [(ALL, 1.5, 0.05, 0.5, 0.75),
          (0.3, ALL, ALL, 0.75, 0), (0.3, ALL, 0.05, 0.5, 0.75), (ALL, 1.5, ALL, 0.5, 0.75),
          (ALL, 1, 0.05, 0.5, 0.75), (ALL, 2, 0.05, 0.5, 0.75),
          (ALL, 1.5, 0.02, 0.5, 0.75), (ALL, 1.5, 0.1, 0.5, 0.75),
          (ALL, 1.5, 0.05, 0.3, 0.75), (ALL, 1.5, 0.05, 0.4, 0.75), (ALL, 1.5, 0.05, 0.75, 0.75),
          (ALL, 1.5, 0.05, 0.5, 0), (ALL, 1.5, 0.05, 0.5, 0.6), (ALL, 1.5, 0.05, 0.5, 0.9),
          (0, 0, 0, 0, 0)]


def fit(x, y, lambdas):
    """Coefficients on the columns as they are, p × lambdas, and the means."""
    center, scale = x.mean(axis=0), x.std(axis=0)
    z = np.asfortranarray((x - center) / np.where(scale > 0, scale, 1))
    gram = z.T @ z if len(y) > x.shape[1] else False
    beta = lasso_path(z, y - y.mean(), alphas=lambdas, precompute=gram, tol=1e-5, max_iter=2000)[1]
    return beta / np.where(scale > 0, scale, 1)[:, None], center, y.mean()


def blends(train, test, beta, center, mean):
    """The errors of a fold, lambdas × gammas; infinite where there are too few rows for a refit."""
    (x, y), (other, target) = train, test
    errors, last = np.full((beta.shape[1], len(GAMMAS)), np.inf), (None, None)
    for step, b in enumerate(beta.T):
        support = np.flatnonzero(b)
        penalized = (other[:, support] - center[support]) @ b[support]
        if len(support) >= len(y) - 1:
            errors[step, -1] = np.mean((target - mean - penalized) ** 2)
            continue
        if last[0] is None or not np.array_equal(last[0], support):
            own = np.linalg.lstsq(x[:, support] - center[support], y - mean, rcond=1e-10)[0]
            last = (support, (other[:, support] - center[support]) @ own)
        for place, gamma in enumerate(GAMMAS):
            guess = mean + gamma * penalized + (1 - gamma) * last[1]
            errors[step, place] = np.mean((target - guess) ** 2)
    return errors


def looked_at(table, seed):
    """What the rule looks at: counts and supports by step, votes, mean errors and standard errors."""
    x, y, (n, p) = table.x, table.y, table.x.shape
    pull = np.abs(((x - x.mean(axis=0)) / x.std(axis=0)).T @ (y - y.mean())).max() / n
    lambdas = np.geomspace(pull, pull * (1e-4 if n >= p else 1e-2), 100)
    beta = fit(x, y, lambdas)[0]
    counts = (beta != 0).sum(axis=0)
    too_many = np.flatnonzero(counts > min(n // 2, 120))
    steps = max(5, too_many[0]) if len(too_many) else len(lambdas)
    votes, folds = np.zeros((p, steps)), []
    random = np.random.default_rng([seed, table.repetition])
    for _ in range(5):
        order, errors, sizes = random.permutation(n), [], []
        for fold in range(10):
            test = np.sort(order[fold::10])
            train = np.setdiff1d(np.arange(n), test)
            own, center, mean = fit(x[train], y[train], lambdas[:steps])
            votes += own != 0
            errors.append(blends((x[train], y[train]), (x[test], y[test]), own, center, mean))
            sizes.append(len(test))
        folds.append((np.array(errors), np.array(sizes)[:, None, None] / n))
    mean, spread = summary(folds)
    best = np.unravel_index(np.argmin(mean), mean.shape)
    differences = [(errors - errors[:, best[0], best[1]][:, None, None], s) for errors, s in folds]
    return {"beta": beta[:, :steps] != 0, "counts": counts[:steps], "votes": votes / 50,
            "mean": mean, "best": best, "spread": spread[best], "paired": summary(differences)[1],
            "truth": table.truth}


def summary(folds):
    """Mean and standard error of each partition, averaged."""
    means, spreads = [], []
    with np.errstate(invalid="ignore"):
        for errors, sizes in folds:
            means.append((errors * sizes).sum(axis=0))
            spreads.append(np.sqrt((((errors - means[-1]) ** 2) * sizes).sum(axis=0) / 9))
    return np.mean(means, axis=0), np.nan_to_num(np.mean(spreads, axis=0), nan=0)


def kept(of, share, paired, explained, null, votes):
    """The columns that the rule keeps with some constants."""
    mean, least = of["mean"], of["mean"][of["best"]]
    drop = mean[0].min() - least
    if drop <= null * of["spread"]:
        return set()
    given = np.full(mean.shape, np.inf)
    for constant, unit in [(share, of["spread"]), (paired, of["paired"]), (explained, drop)]:
        if constant != np.inf:
            given = np.minimum(given, constant * unit)
    fits = mean <= least + given
    step = min(np.argwhere(fits), key=lambda at: (of["counts"][at[0]], mean[tuple(at)]))[0]
    return set(np.flatnonzero(of["beta"][:, step] & (of["votes"][:, step] >= votes)).tolist())


def made(given, names):
    """What the rule looks at in all tables of some settings, by setting."""
    found = {}
    for setting in known.chosen(names.split(",")):
        for seed in given.seeds:
            path = given.folder / f"{setting.name}-{seed}-{given.repetitions}.pickle"
            if not path.exists():
                print(setting.name, seed, file=sys.stderr, flush=True)
                some = [looked_at(known.table(setting, r, seed), seed)
                        for r in range(given.repetitions)]
                path.write_bytes(pickle.dumps(some))
            found.setdefault(setting.name, []).extend(pickle.loads(path.read_bytes()))
    return found


def row(groups, constants):
    """A line of the table: means over settings of the means over their tables."""
    scores, cells = {"f1": [], "precision": []}, []
    for group, by_setting in groups.items():
        f1, precision, empty = [], [], []
        for tables in by_setting.values():
            runs = [(kept(of, *constants), of["truth"]) for of in tables]
            empty.append(statistics.fmean(not k for k, _ in runs))
            f1.append(statistics.fmean(2 * len(k & t) / max(1, len(k) + len(t)) for k, t in runs))
            some = [len(k & t) / len(k) for k, t in runs if k]
            precision += [statistics.fmean(some)] if some else []
        cells.append(f"{statistics.fmean(empty if group == 'noise' else f1):.3f}")
        if group not in ("hard", "noise"):
            scores["f1"] += f1
            scores["precision"] += precision
    values = ["all" if v == np.inf else f"{v:g}" for v in constants]
    both = [f"{statistics.fmean(v):.3f}" for v in scores.values()]
    return "| " + " | ".join(values + both + cells) + " |"


def main():
    """Makes what is missing, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="11,12,13,14")
    parser.add_argument("--repetitions", type=int, default=6, help="tables a setting and seed")
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    given.seeds = [int(seed) for seed in given.seeds.split(",")]
    given.folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")  # of scikit-learn, where a path does not converge to its end
    groups = {group: made(given, names) for group, names in GROUPS.items()}
    print("| share | paired | explained | null | votes | paper F1 | precision | "
          + " | ".join(f"{g} F1" if g != "noise" else "noise: nothing kept" for g in groups) + " |")
    print("|" + "---|" * (7 + len(groups)))
    for constants in VARIED:
        print(row(groups, constants))


if __name__ == "__main__":
    main()
