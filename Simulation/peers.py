"""The rules of Python: scikit-learn's BIC, knockpy's knockoffs.

    python peers.py MANIFEST ANSWER RULE,RULE,…

The lines of MANIFEST and ANSWER are those of peers.R; a rule that fails says why, after a `!`, in
place of columns.
"""
import sys
import time
import warnings

import numpy as np


def bic(x, y, _seed):
    """LassoLarsIC on standardized columns; the noise by least squares on all, or, where there are
    more columns than rows, by the cross-validated lasso, for scikit-learn has none of its own."""
    from sklearn.linear_model import LassoCV, LassoLarsIC
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    noise = None
    if x.shape[0] <= x.shape[1] + 1:
        cv = LassoCV(cv=10).fit(x, y)
        rest = y - cv.predict(x)
        noise = rest @ rest / max(1, len(y) - 1 - np.count_nonzero(cv.coef_))
    return LassoLarsIC(criterion="bic", noise_variance=noise).fit(x, y).coef_ != 0


def knockoffs(q):
    """knockpy: knockoffs of fixed columns where there are twice as many rows, else second-order model-X
    ones; minimum reconstructability (equal correlations beyond 500 columns, for time), differences of
    lasso coefficients, knockoff+."""
    def kept(x, y, seed):
        from knockpy import KnockoffFilter
        np.random.seed(seed)
        x = (x - x.mean(axis=0)) / x.std(axis=0)
        method = "mvr" if x.shape[1] <= 500 else "equicorrelated"
        sampler = "fx" if x.shape[0] >= 2 * x.shape[1] + 1 else "gaussian"
        rule = KnockoffFilter(ksampler=sampler, fstat="lasso", knockoff_kwargs={"method": method})
        return rule.forward(X=x, y=y - y.mean(), fdr=q) > 0
    return kept


RULES = {"LassoLarsIC BIC": bic, "knockoff+ 0.1": knockoffs(0.1), "knockoff+ 0.2": knockoffs(0.2)}


def main():
    """Each rule on each table."""
    warnings.simplefilter("ignore")
    manifest, answer, rules = sys.argv[1:4]
    with open(manifest, encoding="utf-8") as lines, open(answer, "a", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            base, n, p, seed, family = line.rstrip("\n").split("\t")
            x = np.fromfile(base + ".x").reshape(int(p), int(n)).T
            y = np.fromfile(base + ".y")
            for rule in rules.split(","):
                start = time.perf_counter()
                try:
                    if family != "gaussian":
                        raise ValueError("for least squares")
                    kept = " ".join(map(str, np.flatnonzero(RULES[rule](x, y, int(seed)))))
                except Exception as fault:  # whatever a peer raises is its answer
                    kept = "!" + f"{type(fault).__name__}: {fault}".replace("\n", " ")[:200]
                seconds = time.perf_counter() - start
                out.write(f"{number}\t{rule}\t{seconds:.3f}\t{kept}\n")
                out.flush()


if __name__ == "__main__":
    main()
