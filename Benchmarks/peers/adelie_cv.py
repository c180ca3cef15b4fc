"""polars and adelie's cv_grpnet, every column a group of its own.

    adelie_cv.py FILE OUT
"""
import sys

from common import THREADS, one_se, ratio, read, standardize, write  # first: it sets threads

import adelie as ad
import numpy as np

table, x, names, y = read(sys.argv[1])
standardize(x)
glm = ad.glm.gaussian(y=y, dtype=np.float64)
cv = ad.cv.cv_grpnet(
    x, glm, n_folds=10, seed=1, lmda_path_size=100, min_ratio=ratio(x), n_threads=THREADS,
    progress_bar=False)
cv.best_idx = one_se(cv.losses.T)   # `fit` goes down to this step
fit = cv.fit(x, glm, n_threads=THREADS, progress_bar=False)
write(table, names, fit.betas[-1].toarray()[0], cv.lmdas[cv.best_idx], sys.argv[2])
