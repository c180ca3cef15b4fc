"""Reference paths of MCP and SCAD for least squares, solved here as ncvreg does.

Made with numpy 2.4.6, Python 3.11. From the project root:

    python3 Tests/References/make-nonconvex.py

Writes Tests/References/nonconvex/NAME/{data.csv, case.json, path.csv}. Format: README.md.

Problem. Columns are centred and divided by their population standard deviation (x'x / n = 1), y is
centred and not scaled. Sought is a local minimum of

    1/(2n) |y - X b|^2 + sum_j P(|b_j|; lambda, gamma)

MCP (Zhang 2010), gamma > 1:   P(t) = lambda t - t^2 / (2 gamma),  t <= gamma lambda;
                               gamma lambda^2 / 2 beyond
SCAD (Fan and Li 2001), > 2:   P(t) = lambda t,  t <= lambda;
                               (2 gamma lambda t - t^2 - lambda^2) / (2 (gamma - 1)),  t <= gamma lambda;
                               lambda^2 (gamma + 1) / 2 beyond

Method. Coordinate descent with the exact minimum in each coordinate (Breheny and Huang 2011), lambda
decreasing, each start where the last ended, from b = 0. Which local minimum is found could depend
on the order of the columns; the cases are such that it does not: columns in order, in reverse and in three
random orders end at the same path. Then Newton's method on the nonzero columns. Each row is checked:
the slope is zero (1e-12), and the minimum is strict: the Hessian on the nonzero columns is
positive definite.
"""
import numpy as np

from made import columns, rounded, spread, write_case

root = "Tests/References/nonconvex"


def soft(z, t):
    return np.sign(z) * max(abs(z) - t, 0)


def minimum(penalty, z, lam, gamma):
    """argmin_b (b - z)^2 / 2 + P(|b|)"""
    a = abs(z)
    if a > gamma * lam:
        return z
    if penalty == "mcp":
        return soft(z, lam) / (1 - 1 / gamma)
    if a <= 2 * lam:
        return soft(z, lam)
    return soft(z, gamma * lam / (gamma - 1)) / (1 - 1 / (gamma - 1))


def derivatives(penalty, t, lam, gamma):
    """P' and P'' at t > 0."""
    if t > gamma * lam:
        return 0.0, 0.0
    if penalty == "mcp":
        return lam - t / gamma, -1 / gamma
    if t <= lam:
        return lam, 0.0
    return (gamma * lam - t) / (gamma - 1), -1 / (gamma - 1)


def descend(penalty, gram, c, b, lam, gamma, order):
    """Coordinate descent until nothing moves by more than 1e-13."""
    b, g = b.copy(), c - gram @ b
    for _ in range(1_000_000):
        moved = 0.0
        for j in order:
            new = minimum(penalty, g[j] + b[j], lam, gamma)
            if new != b[j]:
                g -= gram[:, j] * (new - b[j])
                moved = max(moved, abs(new - b[j]))
                b[j] = new
        if moved < 1e-13:
            return b
    raise SystemExit(f"lambda {lam}: no end")


def polish(penalty, gram, c, b, lam, gamma):
    """Newton's method on the nonzero columns; the violation of the conditions; the least curvature."""
    live, b = np.flatnonzero(b), b.copy()
    least = 1.0
    for last in (False, False, True):
        parts = [derivatives(penalty, abs(b[j]), lam, gamma) for j in live]
        slope = (gram @ b - c)[live] + np.array([d for d, _ in parts]) * np.sign(b[live])
        hessian = gram[np.ix_(live, live)] + np.diag([s for _, s in parts])
        if len(live):
            least = np.linalg.eigvalsh(hessian)[0]
        if not last and len(live):
            b[live] -= np.linalg.solve(hessian, slope)
    off = np.abs(slope).max(initial=0)
    idle = np.setdiff1d(np.arange(len(b)), live)
    off = max(off, (np.abs((c - gram @ b)[idle]) - lam).max(initial=0))
    return b, off, least


def path(penalty, gram, c, lambdas, gamma, order):
    b, rows = np.zeros(len(c)), []
    for lam in lambdas:
        b = descend(penalty, gram, c, b, lam, gamma, order)
        rows.append(b)
    return np.array(rows)


def case(name, seed, penalty, gamma, n, p, coefficients, ratio, rho=0.4):
    random = np.random.default_rng(seed)
    x, z = columns(random, n, p, rho)
    y = rounded(4 + z @ spread(p, coefficients) + random.normal(size=n))
    centred = y - y.mean()
    gram, c = z.T @ z / n, z.T @ centred / n
    top = np.abs(c).max()
    lambdas = rounded(top * np.geomspace(1.02, ratio, 30))
    found = path(penalty, gram, c, lambdas, gamma, range(p))
    others = [list(range(p))[::-1], *(random.permutation(p) for _ in range(3))]
    apart = max(np.abs(path(penalty, gram, c, lambdas, gamma, o) - found).max() for o in others)

    rows, worst, curved, clear = [], 0.0, 1.0, np.inf
    for lam, b in zip(lambdas, found):
        exact, off, least = polish(penalty, gram, c, b, lam, gamma)
        worst, curved = max(worst, off), min(curved, least)
        assert np.abs(exact - b).max() < 1e-10
        idle = exact == 0
        clear = min(clear, (lam - np.abs(c - gram @ exact)[idle]).min(initial=np.inf) / lam)
        own = exact / x.std(axis=0)
        r = centred - z @ exact
        rows.append([lam, 1 - r @ r / (centred @ centred), np.count_nonzero(own),
                     y.mean() - own @ x.mean(axis=0), *own])
    print(f"{name:10} n={n} p={p} gamma={gamma} df {[int(r[2]) for r in rows]} off by {worst:.0e}, "
          f"orders apart {apart:.0e}, least curvature {curved:.2f}, clear by {clear:.0e}")
    assert worst < 1e-12 and apart < 1e-10 and curved > 0.01 and clear > 1e-6
    about = {"name": name, "family": "gaussian", "regularizer": penalty, "gamma": gamma,
             "standardize": True, "lambda_max": float(top), "lambda": "given"}
    write_case(root, about, x, y, ["lambda", "dev_ratio", "df"], rows)


case("mcp", 401, "mcp", 3.0, 150, 15, [2, -1.5, 1, 0.5], 2e-2)
case("scad", 402, "scad", 3.7, 150, 15, [2, -1.5, 1, 0.5], 2e-2)
