"""polars and scikit-learn's LassoCV.

    sklearn_lassocv.py FILE OUT

The Gram matrix is formed by itself where rows outnumber columns. `alphas` is the number of
penalties; it was called n_alphas before scikit-learn 1.7.
"""
import sys

from common import THREADS, one_se, ratio, read, standardize, write  # first: it sets threads

from sklearn.linear_model import Lasso, LassoCV

table, x, names, y = read(sys.argv[1])
standardize(x)
cv = LassoCV(alphas=100, eps=ratio(x), cv=10, n_jobs=THREADS).fit(x, y)
penalty = cv.alphas_[one_se(cv.mse_path_)]
fit = Lasso(alpha=penalty).fit(x, y)
write(table, names, fit.coef_, penalty, sys.argv[2])
