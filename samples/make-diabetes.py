"""Writes samples/diabetes.csv from the copy distributed with scikit-learn.

Data: Efron, Hastie, Johnstone, Tibshirani (2004), "Least Angle Regression",
Annals of Statistics 32(2):407-499; 442 patients, ten unscaled predictors
and the disease progression y after one year.

    python3 samples/make-diabetes.py
"""
from pathlib import Path

from sklearn.datasets import load_diabetes

NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]

x, y = load_diabetes(scaled=False, return_X_y=True)
assert x.shape == (442, 10)


def text(value):
    """Shortest text that reads back as the same double, integers without '.0'."""
    value = float(value)
    return str(int(value)) if value.is_integer() else repr(value)


with open(Path(__file__).with_name("diabetes.csv"), "w", newline="") as out:
    out.write(",".join(NAMES + ["y"]) + "\n")
    for row, target in zip(x, y):
        out.write(",".join(text(v) for v in [*row, target]) + "\n")
