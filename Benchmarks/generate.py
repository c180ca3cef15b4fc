"""Makes a benchmark file.

    python3 Benchmarks/generate.py SHAPE OUT [--seed N]

SHAPE  S1   samples/diabetes.csv (442 x 10), copied
       T1   1,000,000 x 50         T2   200,000 x 300
       M1   20,000 x 2,000         W1   1,000 x 20,000
       W2   300 x 200,000          NxP  N rows, P columns

Columns x1..xp are standard normal with correlation 0.5^|i-j| (AR(1)); ten
coefficients of +1 and -1 in turn, spread evenly over the columns; y is the
last column, var(signal) / var(noise) = 2. Eight significant digits. Written in
pieces of about two million numbers, so that memory stays bounded.
"""
import argparse
import shutil
from pathlib import Path

import numpy as np

SHAPES = {"T1": (1_000_000, 50), "T2": (200_000, 300), "M1": (20_000, 2_000),
          "W1": (1_000, 20_000), "W2": (300, 200_000)}
RHO = 0.5
PIECE = 2_000_000       # numbers held at once


def ar1(rng, n, p):
    """n rows of a stationary AR(1) series of length p, unit variance."""
    x = rng.standard_normal((n, p))
    x[:, 1:] *= np.sqrt(1 - RHO**2)
    # x_j = sum_i RHO^i e_(j-i), as a product of factors (1 + RHO^s shift^s),
    # s = 1, 2, 4, ..., 32; what is left out is below RHO^64 = 5e-20
    s = 1
    while s <= 32 and s < p:
        x[:, s:] += RHO**s * x[:, :-s]
        s *= 2
    return x


def rows(n, p, seed):
    """Blocks of predictors and targets, n rows in all, about PIECE numbers each."""
    rng = np.random.default_rng(seed)
    support = np.linspace(0, p - 1, 10).round().astype(int)
    coef = np.where(np.arange(10) % 2 == 0, 1.0, -1.0)
    covariance = RHO ** np.abs(np.subtract.outer(support, support))
    noise = np.sqrt(coef @ covariance @ coef / 2)
    step = max(1, PIECE // p)
    for start in range(0, n, step):
        x = ar1(rng, min(step, n - start), p)
        yield x, x[:, support] @ coef + noise * rng.standard_normal(len(x))


def header(p):
    """The names of p predictors and the target."""
    return ",".join([f"x{j}" for j in range(1, p + 1)] + ["y"]) + "\n"


def lines(n, p, seed):
    """The rows as CSV."""
    line = ",".join(["%.8g"] * (p + 1)) + "\n"
    for x, y in rows(n, p, seed):
        for row, target in zip(x, y):
            yield line % (*row.tolist(), target)


def main():
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", metavar="SHAPE")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()

    if a.shape == "S1":
        shutil.copyfile(Path(__file__).parent.parent / "samples/diabetes.csv", a.out)
        return

    n, p = SHAPES.get(a.shape) or map(int, a.shape.split("x"))
    part = a.out.with_name(a.out.name + ".part")     # renamed when complete
    with open(part, "w", newline="", buffering=1 << 20) as out:
        out.write(header(p))
        out.writelines(lines(n, p, a.seed))
    part.rename(a.out)


if __name__ == "__main__":
    main()
