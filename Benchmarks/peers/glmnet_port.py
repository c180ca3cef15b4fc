"""polars and python-glmnet, glmnet's Fortran under a Python interface.

    glmnet_port.py FILE OUT

It standardizes by itself; `cut_point=1` is the rule of one standard error.
"""
import sys

from common import THREADS, ratio, read, write  # first: it sets threads

from glmnet import ElasticNet

table, x, names, y = read(sys.argv[1])
fit = ElasticNet(
    n_lambda=100, min_lambda_ratio=ratio(x), n_splits=10, n_jobs=THREADS, cut_point=1,
    scoring="mean_squared_error", random_state=1).fit(x, y)
write(table, names, fit.coef_, float(fit.lambda_best_[0]), sys.argv[2])
