"""polars and scikit-learn's LassoCV.

    sklearn_lassocv.py FILE OUT

The Gram matrix is formed by itself where rows outnumber columns. `alphas` is the number of
penalties; it was called n_alphas before scikit-learn 1.7.
"""
from functools import partial

from common import lasso_cv  # first: it sets threads

from sklearn.linear_model import Lasso, LassoCV

lasso_cv(partial(LassoCV, alphas=100), Lasso)
