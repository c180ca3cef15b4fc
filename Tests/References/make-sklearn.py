"""Second, independent reference for the diabetes data: scikit-learn.

Made with scikit-learn 1.9.1 and numpy 2.4.6. From the project root:

    python3 Tests/References/make-sklearn.py

Reads samples/diabetes.csv, writes into Tests/References/sklearn/diabetes/
  knots.csv            step,lambda,entered,left     exact lasso knots (LARS)
  knots-path.csv       the solution at each knot, columns as in glmnet's path.csv
  path-alpha1.csv      lasso at 20 lambdas
  path-alpha0.5.csv    elastic net, alpha 0.5, at 20 lambdas

Scaling. The columns are centred and divided by their population standard
deviation, y is centred and divided by its population standard deviation s.
scikit-learn then minimises
    1/(2n) |y/s - Xb|^2 + a l |b|_1 + a (1 - l)/2 |b|^2    (a alpha, l l1_ratio)
which is glmnet's criterion with l = glmnet's alpha and a = lambda / s, because
glmnet also brings y to unit variance. So lambda = a s, and a coefficient on
the original scale is s b_j / sd(x_j). For the lasso alone s cancels, and
lars_path's `alphas` (already divided by n) times s are glmnet's lambda.
All lambdas in the files are on glmnet's scale.
"""
import csv
from pathlib import Path

import numpy as np
from sklearn.linear_model import enet_path, lars_path

out = Path("Tests/References/sklearn/diabetes")
out.mkdir(parents=True, exist_ok=True)

with open("samples/diabetes.csv", newline="") as f:
    head, *rows = csv.reader(f)
data = np.array(rows, dtype=float)
names = head[:-1]
x, y = data[:, :-1], data[:, -1]
mean, sd = x.mean(axis=0), x.std(axis=0)
x_std = np.asfortranarray((x - mean) / sd)
s = y.std()
y_std = (y - y.mean()) / s


def full(v):
    return f"{v + 0.0:.17g}"


def write_path(name, lambdas, b_std):
    """b_std: coefficients on the standardised scale, one column per lambda."""
    with open(out / name, "w", newline="") as f:
        f.write(",".join(["lambda", "dev_ratio", "df", "intercept", *names]) + "\n")
        for lam, b in zip(lambdas, b_std.T):
            rest = y_std - x_std @ b
            beta = s * b / sd
            cells = [lam, 1 - rest @ rest / (y_std @ y_std), np.count_nonzero(b),
                     y.mean() - mean @ beta, *beta]
            f.write(",".join(map(full, cells)) + "\n")


# Knots: where a column enters it is zero at this knot and not at the next one,
# where it leaves it is zero at this knot and was not at the one before.
alphas, _, coefs = lars_path(x_std, y_std, method="lasso")
used = coefs != 0
with open(out / "knots.csv", "w", newline="") as f:
    f.write("step,lambda,entered,left\n")
    for k, a in enumerate(alphas):
        last = k + 1 == len(alphas)
        entered = [] if last else [n for j, n in enumerate(names) if used[j, k + 1] and not used[j, k]]
        left = [] if k == 0 else [n for j, n in enumerate(names) if used[j, k - 1] and not used[j, k]]
        f.write(f"{k},{full(a * s)},{' '.join(entered)},{' '.join(left)}\n")
write_path("knots-path.csv", alphas * s, coefs)

for l1_ratio in (1, 0.5):
    top = np.abs(x_std.T @ y_std).max() / len(y) / l1_ratio
    grid = top * np.geomspace(1, 1e-3, 20)
    a, b, gap = enet_path(x_std, y_std, l1_ratio=l1_ratio, alphas=grid, tol=1e-14, max_iter=1_000_000)
    assert np.array_equal(a, grid)
    write_path(f"path-alpha{l1_ratio}.csv", a * s, b)
