"""polars and celer's LassoCV, with working sets and dual extrapolation.

    celer_lassocv.py FILE OUT
"""
import sys

from common import THREADS, one_se, ratio, read, standardize, write  # first: it sets threads

from celer import Lasso, LassoCV

table, x, names, y = read(sys.argv[1])
standardize(x)
cv = LassoCV(n_alphas=100, eps=ratio(x), cv=10, n_jobs=THREADS).fit(x, y)
penalty = cv.alphas_[one_se(cv.mse_path_)]
fit = Lasso(alpha=penalty).fit(x, y)
write(table, names, fit.coef_, penalty, sys.argv[2])
