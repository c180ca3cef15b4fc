"""Reference paths of the group lasso and the group elastic net: adelie.

Made with adelie 1.1.52, numpy 1.26.4, scipy 1.17.1, Python 3.11.7 (adelie 1.1.52
needs numpy below 2). From the project root:

    python3 Tests/References/make-adelie.py

Writes Tests/References/adelie/NAME/{data.csv, case.json, path.csv}. The format,
and what is scaled how, is in Tests/References/README.md.

Problem. Every column of the data is a group. A number is centred and divided by
its population standard deviation. A factor is the indicators of its levels,
centred, in orthonormal coordinates (population: Z'Z / n = I); the norm of its
coefficients does not depend on which. y is centred and divided by its population
standard deviation s. With a = lambda / s and weights v_g (1 for a number,
sqrt(levels - 1) for a factor)

    1/(2n) |y - Z b|^2 + a sum_g v_g (alpha |b_g| + (1 - alpha)/2 |b_g|^2)

is what adelie minimises, given Z, y, penalty = v, alpha and lmda_path = a.

Accuracy. adelie runs at tol 1e-24. From its solution Newton's method on the
groups that it found goes on until the equations hold to rounding (`polish`);
that is what is written. The script stops if adelie's own norms differ from these
by more than 1e-9, or if the optimality conditions are off by more than 1e-14.
"""
import json
from pathlib import Path

import adelie as ad
import numpy as np

root = Path("Tests/References/adelie")


def rounded(v):
    """Six significant digits: the numbers that are written are those fitted."""
    return np.array([float(f"{t:.6g}") for t in np.ravel(v)]).reshape(np.shape(v))


def full(v):
    return f"{v + 0.0:.17g}"


def factor(random, n, levels):
    """Levels of unequal frequency, each in at least three rows."""
    share = np.arange(levels, 0, -1.0) + 1
    while True:
        f = random.choice(levels, n, p=share / share.sum())
        if np.bincount(f, minlength=levels).min() >= min(3, n // levels // 2):
            return f


def coordinates(column):
    """A column of the data in standard units: n x 1 for a number, n x (levels - 1)."""
    if column.dtype.kind == "f":
        return ((column - column.mean()) / column.std())[:, None]
    indicator = (column[:, None] == np.unique(column)[None, 1:]).astype(float)
    q, _ = np.linalg.qr(indicator - indicator.mean(axis=0))
    return q * np.sqrt(len(column))


def excess(gram, c, b, groups, v, a, alpha):
    """By how much the optimality conditions are off."""
    g, worst = c - gram @ b, 0.0
    for group, weight in zip(groups, v):
        size = np.linalg.norm(b[group])
        if size > 0:
            off = g[group] - a * weight * (alpha * b[group] / size + (1 - alpha) * b[group])
            worst = max(worst, np.linalg.norm(off))
        else:
            worst = max(worst, np.linalg.norm(g[group]) - a * weight * alpha)
    return worst


def polish(gram, c, b, groups, v, a, alpha):
    """Newton's method on the groups that are not zero."""
    b = b.copy()
    live = [(group, weight) for group, weight in zip(groups, v) if b[group].any()]
    if not live:
        return b
    index = np.concatenate([np.r_[group] for group, _ in live])
    best = excess(gram, c, b, groups, v, a, alpha)
    for _ in range(20):
        hessian, slope = gram[np.ix_(index, index)].copy(), (gram @ b - c)[index]
        start = 0
        for group, weight in live:
            m = group.stop - group.start
            here = slice(start, start + m)
            start += m
            size = np.linalg.norm(b[group])
            u = b[group] / size
            slope[here] += a * weight * (alpha * u + (1 - alpha) * b[group])
            hessian[here, here] += a * weight * (
                alpha * (np.eye(m) - np.outer(u, u)) / size + (1 - alpha) * np.eye(m))
        new = b.copy()
        new[index] -= np.linalg.solve(hessian, slope)
        now = excess(gram, c, new, groups, v, a, alpha)
        if now >= best:
            break
        b, best = new, now
    return b


def case(name, seed, n, numbers, levels, alpha=1.0, ratio=1e-3, rho=0.5, noise=1.0, folds=5):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, numbers))
    for j in range(1, numbers):
        x[:, j] = rho * x[:, j - 1] + np.sqrt(1 - rho**2) * x[:, j]
    x = rounded(x * 10.0 ** (np.arange(numbers) % 3) + 5 * np.arange(numbers))
    factors = [factor(random, n, m) for m in levels]
    # Every other column has an effect.
    y = 3 + noise * random.normal(size=n)
    for j in range(0, numbers, 2):
        y += (-1.0) ** (j // 2) * (x[:, j] - x[:, j].mean()) / x[:, j].std() / (1 + j / 4)
    for k, f in enumerate(factors):
        effect = random.normal(size=levels[k])
        y += effect[f] if k % 2 == 0 else 0
    y = rounded(y)
    fold = random.permutation(np.arange(n) % folds) + 1

    texts = [np.array([f"{'abcdefgh'[k % 8]}{t}" for t in f]) for k, f in enumerate(factors)]
    head = [f"x{j + 1}" for j in range(numbers)] + [f"f{k + 1}" for k in range(len(levels))]
    columns = [x[:, j] for j in range(numbers)] + texts
    # Folds are for tests that cross-validate; the path does not look at them.
    out = root / name
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "data.csv", "w", newline="") as f:
        f.write(",".join([*head, "y", "fold"]) + "\n")
        for i in range(n):
            cells = [f"{v[i]:.6g}" if v.dtype.kind == "f" else v[i] for v in columns]
            f.write(",".join([*cells, f"{y[i]:.6g}", str(fold[i])]) + "\n")

    # The problem in standard units.
    parts = [coordinates(v) for v in columns]
    sizes = [z.shape[1] for z in parts]
    starts = np.cumsum([0, *sizes[:-1]])
    groups = [slice(s, s + m) for s, m in zip(starts, sizes)]
    v = np.sqrt(np.array(sizes, dtype=float))
    z = np.asfortranarray(np.hstack(parts))
    s = y.std()
    target = (y - y.mean()) / s
    gram, c = z.T @ z / n, z.T @ target / n
    top = s * max(np.linalg.norm(c[g]) / w for g, w in zip(groups, v)) / alpha
    lambdas = rounded(top * np.geomspace(1.02, ratio, 25))

    state = ad.grpnet(
        z, ad.glm.gaussian(target), groups=starts, penalty=v, alpha=alpha,
        lmda_path=lambdas / s, tol=1e-24, newton_tol=1e-14, max_iters=10_000_000,
        early_exit=False, adev_tol=1.0, intercept=True, progress_bar=False)
    found = np.asarray(state.betas.todense())
    assert np.allclose(state.lmdas, lambdas / s, rtol=1e-15, atol=0)

    rows, worst, off = [], 0.0, 0.0
    for lam, b in zip(lambdas, found):
        exact = polish(gram, c, b, groups, v, lam / s, alpha)
        off = max(off, excess(gram, c, exact, groups, v, lam / s, alpha))
        norms = np.array([np.linalg.norm(exact[g]) for g in groups])
        worst = max(worst, np.abs(norms - [np.linalg.norm(b[g]) for g in groups]).max())
        # Factors have mean zero over the rows: only numbers move the intercept.
        intercept = y.mean() - sum(
            exact[g][0] * s / x[:, j].std() * x[:, j].mean()
            for j, g in zip(range(numbers), groups))
        rows.append([lam, intercept, *norms])
    assert worst < 1e-9 and off < 1e-14, (name, worst, off)
    with open(out / "path.csv", "w", newline="") as f:
        f.write(",".join(["lambda", "intercept", *head]) + "\n")
        for row in rows:
            f.write(",".join(map(full, row)) + "\n")

    about = {
        "name": name,
        "rows": n,
        "alpha": alpha,
        "groups": [
            {"column": h, "kind": "number" if w.dtype.kind == "f" else "factor",
             "coordinates": m, "weight": float(k)}
            for h, w, m, k in zip(head, columns, sizes, v)],
        "standardization": "numbers: population standard deviation; factors: orthonormal "
                           "coordinates of the centred indicators; y: population standard deviation",
        "target_mean": float(y.mean()),
        "target_scale": float(s),
        "lambda_max": float(top),
        "adelie": ad.__version__,
    }
    lines = json.dumps(about, indent=2)
    for group in about["groups"]:  # a group is a line
        lines = lines.replace(
            json.dumps(group, indent=2).replace("\n", "\n    "), json.dumps(group))
    (out / "case.json").write_text(lines + "\n")
    print(f"{name:14} n={n} columns={len(head)} coordinates={sum(sizes)} "
          f"in: {(np.array(rows)[:, 2:] > 0).sum(axis=1).tolist()} "
          f"adelie off by {worst:.0e}, written {off:.0e}")


case("one-factor", 101, 120, 6, [4])
case("three-factors", 102, 200, 4, [3, 5, 8])
case("all-groups", 103, 80, 0, [3, 4, 4, 5, 6])
case("enet-groups", 104, 150, 5, [4, 6, 3], alpha=0.5)
case("wide-groups", 105, 40, 30, [6] * 12, ratio=2e-2)
