"""polars and celer's LassoCV, with working sets and dual extrapolation.

    celer_lassocv.py FILE OUT
"""
from functools import partial

from common import lasso_cv  # first: it sets threads

from celer import Lasso, LassoCV

lasso_cv(partial(LassoCV, n_alphas=100), Lasso)
