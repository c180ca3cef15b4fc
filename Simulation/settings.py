"""The settings: tables of which it is known which columns belong into the model.

`paper` is of Hastie, Tibshirani & Tibshirani (2020): normal columns with correlation 0.35 between
neighbours, 0.35^2 between those next but one, and so on; the first s coefficients are 1, the others
0 (their beta-type 2); signal-to-noise ratios from 0.25 to 6. `pipeline` are tables as they come by:
10,000 rows, heavy tails, dummies, near-duplicates. `hard` is all of that with fewer rows and small
effects. `close` has columns with correlation 0.8 between neighbours, more rows than columns or fewer.
`duplicates` are near-duplicates with correlation 0.99, `noise` targets that no column
knows of. `binomial` has targets of two classes: 400 rows, columns correlated as in `paper`, ten of
them with coefficients of random size and sign, and a logistic model whose linear predictor has snr
times the variance of the logistic distribution.
"""
from dataclasses import dataclass, field
import zlib

import numpy as np

TEST_ROWS = 5000
SNR = [round(float(v), 2) for v in np.exp(np.linspace(np.log(0.05), np.log(6), 10))][3:]


@dataclass(frozen=True)
class Setting:
    """One way of making tables."""
    name: str
    group: str
    rows: int
    columns: int
    nonzero: int
    snr: float
    features: list = field(default_factory=list)
    family: str = "gaussian"
    neighbours: float = 0.35  # correlation of each column with the next


@dataclass
class Table:
    """Rows, and what is true of them."""
    setting: Setting
    repetition: int
    x: np.ndarray
    y: np.ndarray
    truth: frozenset
    beta: np.ndarray
    sigma: float
    test: np.ndarray

    @property
    def seed(self):
        """For programs that draw, the same for all of them."""
        return 1 + self.repetition


def settings():
    """All settings by name."""
    shapes = [("low", 100, 10, 5), ("medium", 500, 100, 5), ("high-5", 50, 1000, 5),
              ("high-10", 100, 1000, 10)]
    known = [Setting(f"{name}@{snr:g}", "paper", n, p, s, snr)
             for name, n, p, s in shapes for snr in SNR]
    known += [
        Setting("tails", "pipeline", 10_000, 200, 20, 0.5, ["tails"]),
        Setting("dummies", "pipeline", 10_000, 200, 20, 0.5, ["dummies"]),
        Setting("near", "pipeline", 10_000, 200, 20, 0.5, ["near"]),
        Setting("hard", "hard", 2_000, 200, 20, 0.5, ["tails", "dummies", "near", "fading"]),
        Setting("near-99", "duplicates", 10_000, 200, 20, 0.5, ["near-99"]),
        Setting("noise-low", "noise", 100, 10, 0, 0, []),
        Setting("noise-medium", "noise", 500, 100, 0, 0, []),
        Setting("noise-high", "noise", 100, 1000, 0, 0, []),
        Setting("noise-tall", "noise", 10_000, 200, 0, 0, ["tails", "dummies"]),
        Setting("noise-binomial", "noise", 400, 200, 0, 0, [], "binomial"),
    ]
    known += [Setting(f"close-{n}x{p}", "close", n, p, 15, 2, neighbours=0.8)
              for n, p in ((800, 300), (200, 1500))]
    known += [Setting(f"classes-{p}@{snr:g}", "binomial", 400, p, 10, snr, [], "binomial")
              for p in (50, 200) for snr in (0.5, 1, 2)]
    return {setting.name: setting for setting in known}


def chosen(names):
    """The settings that names of settings, shapes (`low`) or groups (`paper`) stand for, in order.

    Raises KeyError.
    """
    known, found = settings(), []
    for name in names:
        some = [s for s in known.values()
                if name in (s.name, s.group, s.name.split("@")[0])]
        if not some:
            raise KeyError(name)
        found += [setting for setting in some if setting not in found]
    return found


def columns(setting, rows, random, layout):
    """Columns of a setting; `layout`, a dict, keeps what rows of one table have in common."""
    z = random.standard_normal((rows, setting.columns))
    for j in range(1, setting.columns):  # AR(1)
        z[:, j] = (setting.neighbours * z[:, j - 1]
                   + np.sqrt(1 - setting.neighbours ** 2) * z[:, j])
    if "places" not in layout:
        layout["places"] = layout["random"].permutation(setting.columns)
        layout["rates"] = layout["random"].uniform(0.02, 0.5, setting.columns)
    places = layout["places"]
    for feature, correlation in [("near", 0.9), ("near-99", 0.99)]:
        if feature in setting.features:
            # 40 columns are nearly what another column is.
            for copy, original in zip(places[:40], places[40:80]):
                z[:, copy] = (correlation * z[:, original]
                              + np.sqrt(1 - correlation ** 2) * random.standard_normal(rows))
    x = z
    if "tails" in setting.features:  # Student's t with 3 degrees of freedom, and log-normal ones
        x = z / np.sqrt(random.chisquare(3, z.shape) / 3)
        x[:, ::4] = np.exp(z[:, ::4])
    if "dummies" in setting.features:
        for j in places[80:160]:
            x[:, j] = z[:, j] > np.quantile(z[:, j], 1 - layout["rates"][j])
    return x


def coefficients(setting, layout):
    """Of columns with unit variance."""
    beta = np.zeros(setting.columns)
    if setting.group == "paper":
        beta[:setting.nonzero] = 1
        return beta
    random = layout["random"]
    if setting.family == "binomial":
        places = random.permutation(setting.columns)[:setting.nonzero]
        beta[places] = (random.uniform(0.5, 1.5, setting.nonzero)
                        * random.choice([-1, 1], setting.nonzero))
        return beta
    # Half of them among columns that have a near-duplicate or are one, so that both occur.
    near = random.permutation(layout["places"][:80])[:setting.nonzero // 2]
    others = random.permutation(layout["places"][80:])[:setting.nonzero - len(near)]
    places = np.concatenate([near, others]).astype(int)
    sizes = (0.85 ** np.arange(setting.nonzero) if "fading" in setting.features
             else random.uniform(0.5, 1.5, setting.nonzero))
    beta[random.permutation(places)] = sizes * random.choice([-1, 1], setting.nonzero)
    return beta


def table(setting, repetition, seed):
    """The table of a repetition; depends on nothing but its three arguments."""
    random = np.random.default_rng([seed, repetition, zlib.crc32(setting.name.encode())])
    layout = {"random": random}
    x = columns(setting, setting.rows, random, layout)
    test = columns(setting, TEST_ROWS, random, layout)
    beta = coefficients(setting, layout) / test.std(axis=0)
    heavy = "tails" in setting.features
    noise = (random.standard_t(5, setting.rows) / np.sqrt(5 / 3) if heavy
             else random.standard_normal(setting.rows))
    if setting.family == "binomial":
        return classes(setting, repetition, x, beta, test, random)
    if setting.nonzero == 0:
        sigma = 1.0
    elif setting.group == "paper":  # of the distribution, as in the paper
        s = setting.nonzero
        sigma = np.sqrt(sum(0.35 ** abs(i - j) for i in range(s) for j in range(s)) / setting.snr)
        beta[:s] = 1
    else:
        sigma = (test @ beta).std() / np.sqrt(setting.snr)
    x = np.round(x, 5)  # as the file has it
    y = np.round(x @ beta + sigma * noise, 5)
    truth = frozenset(np.flatnonzero(beta).tolist())
    return Table(setting, repetition, x, y, truth, beta, float(sigma), test)


def classes(setting, repetition, x, beta, test, random):
    """A table whose target is 0 or 1."""
    if setting.nonzero:
        beta *= np.sqrt(setting.snr * np.pi ** 2 / 3) / (test @ beta).std()
    x = np.round(x, 5)  # as the file has it
    y = (random.uniform(size=setting.rows) < 1 / (1 + np.exp(-x @ beta))).astype(float)
    truth = frozenset(np.flatnonzero(beta).tolist())
    return Table(setting, repetition, x, y, truth, beta, 1.0, test)


def write_csv(table_, path):
    """The table as a CSV: x1 … xp, y."""
    p = table_.x.shape[1]
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join([f"x{j + 1}" for j in range(p)] + ["y"]) + "\n")
        form = ",".join(["%.9g"] * (p + 1)) + "\n"
        for row, target in zip(table_.x.tolist(), table_.y.tolist()):
            file.write(form % (*row, target))
