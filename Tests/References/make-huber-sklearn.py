"""Huber's regression as scikit-learn has it: HuberRegressor's solutions, and how far they are from optimal.

Made with scikit-learn 1.9.1, numpy 2.4.6, Python 3.11. From the project root:

    python3 Tests/References/make-huber-sklearn.py

Writes Tests/References/sklearn/huber/NAME/{data.csv, case.json}. Format: README.md.

HuberRegressor minimises over w, c and a scale s

    F = sum_i [ s + H((y_i - x_i w - c) / s) s ] + alpha |w|^2
    H(z) = z^2 for |z| < epsilon, 2 epsilon |z| - epsilon^2 beyond

At its s, s / (2n) times F is, up to a constant, ridge with Huber's loss h of delta = epsilon s,

    1/n sum_i h(y_i - x_i w - c) + lambda |w|^2 / 2,    lambda = alpha s / n

so that the same w and c must be found there. HuberRegressor's L-BFGS ends where F no longer falls in its
last digits, at gradients of 0.1; Newton's method, from there, ends at the solution. Written is what either
found, and the largest entry of the gradient of F in w, c and s at it.
"""
import numpy as np
from sklearn.linear_model import HuberRegressor

from made import columns, rounded, spread, write_case

root = "Tests/References/sklearn/huber"


def gradient(x, y, w, c, s, epsilon, alpha):
    z = (y - x @ w - c) / s
    cut = np.clip(z, -epsilon, epsilon)
    return np.append(-2 * x.T @ cut + 2 * alpha * w, [-2 * cut.sum(), len(y) - cut @ cut])


def polish(x, y, w, c, s, epsilon, alpha):
    """Newton's method on w, c and s; F is convex, and smooth where no row is on the edge."""
    p, one = len(w), np.column_stack([x, np.ones(len(y))])
    theta = np.array([*w, c, s])
    for _ in range(50):
        r = y - one @ theta[:-1]
        inside = np.abs(r / theta[-1]) < epsilon
        part, rest, s = one[inside], r[inside], theta[-1]
        hessian = np.zeros((p + 2, p + 2))
        hessian[:-1, :-1] = 2 / s * part.T @ part + 2 * alpha * np.diag([1.0] * p + [0])
        hessian[:-1, -1] = hessian[-1, :-1] = 2 / s**2 * part.T @ rest
        hessian[-1, -1] = 2 / s**3 * rest @ rest
        theta -= np.linalg.solve(hessian, gradient(x, y, theta[:p], theta[p], s, epsilon, alpha))
    return theta[:p], theta[p], theta[-1]


def case(name, seed, n, p, epsilon, alpha, coefficients, outliers):
    random = np.random.default_rng(seed)
    x, z = columns(random, n, p, 0.5)
    y = 4 + z @ spread(p, coefficients) + random.normal(size=n)
    wild = random.choice(n, outliers, replace=False)
    y[wild] += np.where(random.random(outliers) < 0.7, 1, -1) * random.uniform(8, 40, outliers)
    y = rounded(y)
    model = HuberRegressor(epsilon=epsilon, alpha=alpha, max_iter=100_000, tol=1e-12).fit(x, y)
    off = np.abs(gradient(x, y, model.coef_, model.intercept_, model.scale_, epsilon, alpha)).max()
    w, c, scale = polish(x, y, model.coef_, model.intercept_, model.scale_, epsilon, alpha)
    left = np.abs(gradient(x, y, w, c, scale, epsilon, alpha)).max()
    print(f"{name}: scale {scale:.4f}, {int(model.outliers_.sum())} beyond, gradient {off:.0e}, then {left:.0e}")
    assert left < 1e-9
    about = {"name": name, "epsilon": epsilon, "alpha": alpha,
             "sklearn": {"coefficients": model.coef_.tolist(), "intercept": float(model.intercept_),
                         "scale": float(model.scale_), "gradient": float(off)},
             "exact": {"coefficients": w.tolist(), "intercept": float(c), "scale": float(scale),
                       "gradient": float(left)}}
    write_case(root, about, x, y)


case("usual", 311, 150, 8, 1.35, 1e-4, [2, -1.5, 1, 0.5], 12)
case("shrunk", 312, 120, 12, 1.1, 20.0, [3, -2, 2], 15)
