"""The peer: the same job with polars and scikit-learn.

    python3 Benchmarks/peer_sklearn.py FILE OUT

Reads FILE, standardises, ten-fold cross-validated lasso over 100 penalties down
to 1e-4 of the largest, takes the largest penalty within one standard error of
the best, writes the chosen columns and y to OUT.
"""
import sys

import numpy as np
import polars as pl
from sklearn.linear_model import Lasso, LassoCV
from sklearn.preprocessing import StandardScaler

source, target = sys.argv[1:3]
table = pl.read_csv(source, infer_schema_length=1000)
names = [c for c in table.columns if c != "y"]
y = table["y"].to_numpy().astype(float)
x = StandardScaler().fit_transform(table.select(names).to_numpy())

# `alphas` is the number of penalties; it was called n_alphas before scikit-learn 1.7
cv = LassoCV(alphas=100, eps=1e-4, cv=10, n_jobs=2).fit(x, y)

mean = cv.mse_path_.mean(axis=1)                  # alphas_ decrease
error = cv.mse_path_.std(axis=1, ddof=1) / np.sqrt(cv.mse_path_.shape[1])
best = mean.argmin()
one_se = np.argmax(mean <= mean[best] + error[best])
fit = Lasso(alpha=cv.alphas_[one_se]).fit(x, y)

chosen = [c for c, b in zip(names, fit.coef_) if b != 0]
table.select([*chosen, "y"]).write_csv(target)
print(f"{len(chosen)} of {len(names)} columns, penalty {cv.alphas_[one_se]:.6g} "
      f"(best {cv.alpha_:.6g})", file=sys.stderr)
