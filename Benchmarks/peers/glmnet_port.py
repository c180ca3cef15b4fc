"""polars and python-glmnet, glmnet's Fortran under a Python interface.

    glmnet_port.py FILE OUT FAMILY

FAMILY is gaussian or binomial. It standardizes by itself; `cut_point=1` is the rule of one standard
error.
"""
import sys

from common import THREADS, ratio, read, write  # first: it sets threads

import numpy as np
from glmnet import ElasticNet, LogitNet

table, x, names, y = read(sys.argv[1])
estimator, scoring = {
    "gaussian": (ElasticNet, "mean_squared_error"),
    "binomial": (LogitNet, "log_loss"),
}[sys.argv[3]]
fit = estimator(
    n_lambda=100, min_lambda_ratio=ratio(x), n_splits=10, n_jobs=THREADS, cut_point=1,
    scoring=scoring, random_state=1).fit(x, y)
write(table, names, np.ravel(fit.coef_), float(np.ravel(fit.lambda_best_)[0]), sys.argv[2])
