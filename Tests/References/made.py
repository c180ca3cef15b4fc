"""What make-huber.py, make-nonconvex.py and make-huber-sklearn.py share: rounding, made columns, files."""
import json
from pathlib import Path

import numpy as np


def rounded(v):
    """Six significant digits: the numbers that are written are those fitted."""
    return np.array([float(f"{t:.6g}") for t in np.ravel(v)]).reshape(np.shape(v))


def full(v):
    return f"{v + 0.0:.17g}"


def columns(random, n, p, rho):
    """AR(1) columns of three units and five centres; standardized."""
    x = random.normal(size=(n, p))
    for j in range(1, p):
        x[:, j] = rho * x[:, j - 1] + np.sqrt(1 - rho**2) * x[:, j]
    x = rounded(x * 10.0 ** (np.arange(p) % 3 - 1) + np.arange(p) % 5)
    return x, (x - x.mean(axis=0)) / x.std(axis=0)


def spread(p, coefficients):
    """p coefficients: those given at evenly spread positions, else 0."""
    truth = np.zeros(p)
    truth[np.linspace(0, p - 1, len(coefficients)).round().astype(int)] = coefficients
    return truth


def write_table(path, head, rows, text=full):
    with open(path, "w", newline="") as f:
        f.write(",".join(head) + "\n")
        for row in rows:
            f.write(",".join(map(text, row)) + "\n")


def write_case(root, about, x, y, head=None, rows=None):
    """data.csv, case.json and, if there are rows, path.csv; columns are x1 …"""
    out = Path(root) / about["name"]
    out.mkdir(parents=True, exist_ok=True)
    names = [f"x{j + 1}" for j in range(x.shape[1])]
    write_table(out / "data.csv", [*names, "y"], np.column_stack([x, y]), lambda v: f"{v:.6g}")
    if rows is not None:
        write_table(out / "path.csv", [*head, "intercept", *names], rows)
    (out / "case.json").write_text(json.dumps(about, indent=2) + "\n")
