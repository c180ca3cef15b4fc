"""polars and adelie's cv_grpnet, every column a group of its own.

    adelie_cv.py FILE OUT FAMILY

Classes of a multinomial target share a group a column.
"""
import sys

from common import (  # first: it sets threads
    THREADS, one_se, ratio, read_columns, standardize, write)

import adelie as ad
import numpy as np

file, out, family = sys.argv[1:4]
targets = ("time", "event") if family == "cox" else ("y",)
table, x, names = read_columns(file, targets)
standardize(x)
y = [np.asfortranarray(table[name].to_numpy()) for name in targets]
if family == "multinomial":
    glm = ad.glm.multinomial(y=(y[0][:, None] == np.unique(y[0])).astype(float), dtype=np.float64)
elif family == "cox":
    glm = ad.glm.cox(start=np.zeros(len(x)), stop=y[0].astype(float), status=y[1].astype(float),
                     tie_method="breslow", dtype=np.float64)
else:
    glm = getattr(ad.glm, family)(y=y[0].astype(float), dtype=np.float64)
cv = ad.cv.cv_grpnet(
    x, glm, n_folds=10, seed=1, lmda_path_size=100, min_ratio=ratio(x), n_threads=THREADS,
    progress_bar=False)
cv.best_idx = one_se(cv.losses.T)   # `fit` goes down to this step
fit = cv.fit(x, glm, n_threads=THREADS, progress_bar=False)
coefficients = fit.betas[-1].toarray()[0].reshape(len(names), -1)
write(table, names, np.abs(coefficients).max(axis=1), cv.lmdas[cv.best_idx], out, targets)
