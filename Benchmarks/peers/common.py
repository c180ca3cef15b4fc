"""What the Python peers share: reading, writing, and the rule of one standard error."""
import os
import sys

# Folds are fitted at once, one a core. Threads of the BLAS besides would wait for each other: on two
# busy cores they made scikit-learn several times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import polars as pl

THREADS = len(os.sched_getaffinity(0))


def read_columns(path, targets=("y",)):
    """The table, the predictors as a column-major matrix, and their names."""
    table = pl.read_csv(path, infer_schema_length=1000)
    names = [name for name in table.columns if name not in targets]
    x = table.select(pl.col(names).cast(pl.Float64)).to_numpy(order="fortran", writable=True)
    return table, x, names


def read(path):
    """The same, and the target."""
    table, x, names = read_columns(path)
    return table, x, names, table["y"].to_numpy().astype(float)


def standardize(x):
    """Centres and scales the columns, in place."""
    for j in range(x.shape[1]):
        column = x[:, j]
        column -= column.mean()
        scale = column.std()
        if scale > 0:
            column /= scale


def ratio(x):
    """Smallest penalty over largest."""
    return 1e-4 if x.shape[0] > x.shape[1] else 1e-2


def one_se(errors):
    """The first step within one standard error of the best; `errors` is steps x folds."""
    mean = errors.mean(axis=1)
    spread = errors.std(axis=1, ddof=1) / np.sqrt(errors.shape[1])
    best = mean.argmin()
    return int(np.argmax(mean <= mean[best] + spread[best]))


def write(table, names, coefficients, penalty, path, targets=("y",)):
    """Writes the columns with a nonzero coefficient, and the target."""
    chosen = [name for name, value in zip(names, coefficients) if value != 0]
    table.select([*chosen, *targets]).write_csv(path)
    print(f"{len(chosen)} of {len(names)} columns, penalty {penalty:.6g}", file=sys.stderr)


def lasso_cv(cross_validated, lasso):
    """The main job from FILE to OUT, with an estimator of scikit-learn's manner.

    `cross_validated` takes eps, cv and n_jobs; `lasso` takes alpha, and fits the chosen penalty.
    """
    table, x, names, y = read(sys.argv[1])
    standardize(x)
    cv = cross_validated(eps=ratio(x), cv=10, n_jobs=THREADS).fit(x, y)
    penalty = cv.alphas_[one_se(cv.mse_path_)]
    write(table, names, lasso(alpha=penalty).fit(x, y).coef_, penalty, sys.argv[2])
