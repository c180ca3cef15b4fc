"""Reference paths of the lasso with Huber's loss, solved here.

Made with numpy 2.4.6, Python 3.11. From the project root:

    python3 Tests/References/make-huber.py

Writes Tests/References/huber/NAME/{data.csv, case.json, path.csv}. Format: README.md.

Problem. Columns are centred and divided by their population standard deviation, y is as it is.
Minimised is

    1/n sum_i h(y_i - b0 - x_i b) + lambda sum_j |b_j|
    h(r) = r^2 / 2 for |r| <= delta, delta |r| - delta^2 / 2 beyond

Method. Majorize by squares with weights min(1, delta / |r|), which always goes down, by coordinate
descent; then Newton's method on the nonzero columns and the rows of the quadratic part, which ends
at the solution, since the loss is quadratic in pieces. Each row of a path is checked: the
optimality conditions hold to 1e-13. (scikit-learn's HuberRegressor is another problem: it has a ridge
penalty, and estimates a scale.)
"""
import numpy as np

from made import columns, rounded, spread, write_case

root = "Tests/References/huber"


def loss(r, delta):
    a = np.abs(r)
    return np.where(a <= delta, r**2 / 2, delta * a - delta**2 / 2).mean()


def excess(z, y, b, delta, lam):
    """By how much the optimality conditions are off; z's first column is 1, its penalty 0."""
    slope = z.T @ np.clip(y - z @ b, -delta, delta) / len(y)
    penalty = np.full(len(b), lam)
    penalty[0] = 0
    off = np.where(b != 0, np.abs(slope - penalty * np.sign(b)), np.maximum(0, np.abs(slope) - penalty))
    off[0] = abs(slope[0])
    return off.max()


def majorize(z, y, b, delta, lam, rounds):
    """Weighted lassos, each by a few rounds of coordinate descent."""
    n = len(y)
    for _ in range(rounds):
        r = y - z @ b
        w = np.minimum(1, delta / np.maximum(np.abs(r), 1e-300)) / n
        curvature = w @ z**2
        for _ in range(5):
            for j in range(len(b)):
                g = (w * z[:, j]) @ r + curvature[j] * b[j]
                new = np.sign(g) * max(abs(g) - (lam if j else 0), 0) / curvature[j]
                r -= (new - b[j]) * z[:, j]
                b[j] = new
    return b


def newton(z, y, b, delta, lam):
    """The linear equations of the nonzero columns and the quadratic rows, until they hold."""
    n, b = len(y), b.copy()
    live = np.flatnonzero(b)
    live = np.union1d([0], live)
    sign = np.sign(b[live])
    sign[0] = 0
    for _ in range(50):
        r = y - z @ b
        inside = np.abs(r) <= delta
        slope = z[:, live].T @ np.clip(r, -delta, delta) / n - lam * sign
        part = z[np.ix_(inside, live)]
        step = np.linalg.solve(part.T @ part / n, slope)
        b[live] += step
        if np.abs(step).max() < 1e-15 * max(1, np.abs(b).max()):
            break
    return b


def solve(z, y, b, delta, lam):
    best, off = b, np.inf
    for _ in range(200):
        b = majorize(z, y, b.copy(), delta, lam, 20)
        try:
            exact = newton(z, y, b, delta, lam)
        except np.linalg.LinAlgError:
            continue
        same = np.array_equal(np.sign(exact[1:]), np.sign(b[1:]))
        now = excess(z, y, exact, delta, lam)
        if same and now < 1e-13 * max(1, delta):
            return exact, now
        if now < off:
            best, off = exact, now
    raise SystemExit(f"lambda {lam}: off by {off}")


def case(name, seed, n, p, delta, coefficients, outliers, ratio, rho=0.5):
    random = np.random.default_rng(seed)
    x, standard = columns(random, n, p, rho)
    y = 4 + standard @ spread(p, coefficients) + random.normal(size=n)
    wild = random.choice(n, outliers, replace=False)
    y[wild] += np.where(random.random(outliers) < 0.7, 1, -1) * random.uniform(8, 40, outliers)
    y = rounded(y)

    z = np.column_stack([np.ones(n), standard])
    null, _ = solve(z[:, :1], y, np.array([np.median(y)]), delta, 0.0)
    slope = standard.T @ np.clip(y - null[0], -delta, delta) / n
    top = np.abs(slope).max()
    lambdas = rounded(top * np.geomspace(1.02, ratio, 20))
    b = np.zeros(p + 1)
    b[0] = null[0]
    rows, worst = [], 0.0
    for lam in lambdas:
        b, off = solve(z, y, b, delta, lam)
        worst = max(worst, off)
        own = b[1:] / x.std(axis=0)
        r = y - z @ b
        assert np.abs(np.abs(r) - delta).min() > 1e-9      # no row on the edge
        rows.append([lam, loss(r, delta), np.count_nonzero(own), b[0] - own @ x.mean(axis=0), *own])
    about = {"name": name, "family": "huber", "delta": delta, "alpha": 1.0, "standardize": True,
             "lambda_max": float(top), "null_intercept": float(null[0]),
             "null_loss": float(loss(y - null[0], delta)), "lambda": "given"}
    write_case(root, about, x, y, ["lambda", "loss", "df"], rows)
    outside = int((np.abs(y - z @ b) > delta).sum())
    print(f"{name:12} n={n} p={p} delta={delta} df {[int(r[2]) for r in rows]} "
          f"beyond delta at the end {outside}, off by {worst:.0e}")


case("outliers", 301, 150, 12, 1.345, [2, -1.5, 1, 0.5], 15, 1e-2)
case("wide", 302, 60, 100, 0.5, [3, -2, 2], 9, 1e-1)
