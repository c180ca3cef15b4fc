"""Makes a benchmark file.

    python3 Benchmarks/generate.py SHAPE OUT [--seed N]

SHAPE  S1   samples/diabetes.csv (442 x 10), copied
       T1   1,000,000 x 50         T2   200,000 x 300
       M1   20,000 x 2,000         W1   1,000 x 20,000
       W2   300 x 200,000          NxP  N rows, P columns
       L1   500,000 x 50           L2   1,000 x 20,000     y 0 or 1
       P1   100,000 x 50           y a count
       K1   20,000 x 100           y one of a, b, c, d, e
       C1   20,000 x 100           time, event: event 0 where censored

Columns x1..xp are standard normal with correlation 0.5^|i-j| (AR(1)); ten
coefficients of +1 and -1 in turn, spread evenly over the columns; y is the
last column, var(signal) / var(noise) = 2. Eight significant digits. Written in
pieces of about two million numbers, so that memory stays bounded.

In the lettered shapes of the second kind the signal is scaled to a linear predictor f of standard
deviation 1.75 (L), 0.6 (P, mean count 2) or 1 (C). L: logistic. P: Poisson. C: exponential times of
rate exp(f), three in ten censored by an exponential time. K: five predictors, the signs of the ten
coefficients shifted against each other, sd 1.75 each; the class is the largest with Gumbel noise.
"""
import argparse
import shutil
from pathlib import Path

import numpy as np

SHAPES = {"T1": (1_000_000, 50), "T2": (200_000, 300), "M1": (20_000, 2_000),
          "W1": (1_000, 20_000), "W2": (300, 200_000), "L1": (500_000, 50), "L2": (1_000, 20_000),
          "P1": (100_000, 50), "K1": (20_000, 100), "C1": (20_000, 100)}
CLASSES = "abcde"
CENSORED = 0.3          # of the rows of C
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


def gaussian(rng, x, coef, covariance):
    """The signal and noise of half its variance."""
    noise = np.sqrt(coef @ covariance @ coef / 2)
    return [x @ coef + noise * rng.standard_normal(len(x))]


def predictor(x, coef, covariance, sd):
    """The signal, scaled to a standard deviation."""
    return x @ coef * (sd / np.sqrt(coef @ covariance @ coef))


def binomial(rng, x, coef, covariance):
    """0 or 1."""
    f = predictor(x, coef, covariance, 1.75)
    return [(rng.random(len(x)) < 1 / (1 + np.exp(-f))).astype(int)]


def poisson(rng, x, coef, covariance):
    """Counts of mean 2."""
    f = predictor(x, coef, covariance, 0.6)
    return [rng.poisson(np.exp(f + np.log(2) - 0.6**2 / 2))]


def multinomial(rng, x, coef, covariance):
    """Letters. The signs of class k are those of coef times (-1)^k, turned at positions k and k + 5."""
    f = np.empty((len(x), len(CLASSES)))
    for k in range(len(CLASSES)):
        own = coef * np.where(np.arange(10) % len(CLASSES) == k, -1.0, 1.0) * (-1.0) ** k
        f[:, k] = predictor(x, own, covariance, 1.75)
    return [np.array(list(CLASSES))[np.argmax(f + rng.gumbel(size=f.shape), axis=1)]]


def cox(rng, x, coef, covariance):
    """The time, and whether it is that of the event."""
    f = predictor(x, coef, covariance, 1.0)
    # the rate of censoring c with E[c / (c + exp(f))] = CENSORED, f standard normal
    at, weight = np.polynomial.hermite_e.hermegauss(60)
    low, high = 1e-3, 1e3
    for _ in range(100):
        c = np.sqrt(low * high)
        share = weight @ (c / (c + np.exp(at))) / weight.sum()
        low, high = (c, high) if share < CENSORED else (low, c)
    event, censor = rng.exponential(size=len(x)) / np.exp(f), rng.exponential(size=len(x)) / c
    return [np.minimum(event, censor), (event <= censor).astype(int)]


TARGETS = {"L": binomial, "P": poisson, "K": multinomial, "C": cox}


def rows(n, p, seed, target):
    """Blocks of predictors and of target columns, n rows in all, about PIECE numbers each."""
    rng = np.random.default_rng(seed)
    support = np.linspace(0, p - 1, 10).round().astype(int)
    coef = np.where(np.arange(10) % 2 == 0, 1.0, -1.0)
    covariance = RHO ** np.abs(np.subtract.outer(support, support))
    step = max(1, PIECE // p)
    for start in range(0, n, step):
        x = ar1(rng, min(step, n - start), p)
        yield x, target(rng, x[:, support], coef, covariance)


def header(p, names=("y",)):
    """The names of p predictors and of the target columns."""
    return ",".join([f"x{j}" for j in range(1, p + 1)] + [*names]) + "\n"


def lines(n, p, seed, target=gaussian):
    """The rows as CSV."""
    cell = {"f": "%.8g", "i": "%d", "U": "%s"}
    for x, y in rows(n, p, seed, target):
        line = ",".join(["%.8g"] * p + [cell[v.dtype.kind] for v in y]) + "\n"
        for row, *values in zip(x, *(v.tolist() for v in y)):
            yield line % (*row.tolist(), *values)


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
    target = TARGETS.get(a.shape[0], gaussian)
    part = a.out.with_name(a.out.name + ".part")     # renamed when complete
    with open(part, "w", newline="", buffering=1 << 20) as out:
        out.write(header(p, ["time", "event"] if target is cox else ["y"]))
        out.writelines(lines(n, p, a.seed, target))
    part.rename(a.out)


if __name__ == "__main__":
    main()
