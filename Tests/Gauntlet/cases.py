"""A case is a table, a target, and options drawn by a seed: the same seed and name give the same command.

Most of what is drawn goes together. What does not is refused by the program in one line, and that it is
refused so is part of what is tested."""

from dataclasses import dataclass, field
from random import Random

RULES = ["relaxed-min", "relaxed-1se", "min", "1se", "aic", "bic", "aicc", "ebic", "k", "lambda", "fdr", "stable"]
SMALL = ["17K", "200K", "2M"]


@dataclass(frozen=True)
class Case:
    """A command without the program and the file: what is asked of a table."""

    name: str
    table: object
    target: object
    options: tuple
    checks: tuple = field(default=())

    @property
    def argv(self):
        return [*self.table.dialect, *self.target.options, *self.options, *self.checks]

    def value(self, flag):
        """What stands after a flag; None where it is not given."""
        return self.options[self.options.index(flag) + 1] if flag in self.options else None


class _Draw:
    """Options so far, and what is still free to be given a role."""

    def __init__(self, table, target, random):
        self.table, self.target, self.random = table, target, random
        self.options = []
        self.free = [c for c in table.columns if c.place not in target.places]
        self.rule = None

    def chance(self, share):
        return self.random.random() < share

    def add(self, *words):
        self.options += [str(word) for word in words]

    def pick(self, wanted, count=1):
        """Takes columns of a kind out of the free ones; fewer where there are no more."""
        fit = [c for c in self.free if wanted(c)]
        taken = self.random.sample(fit, min(count, len(fit)))
        for column in taken:
            self.free.remove(column)
        return taken

    def places(self, wanted, count):
        return ",".join(str(c.place) for c in self.pick(wanted, count))


def _rule(draw):
    r = draw.random
    if draw.chance(0.3):
        return
    draw.rule = r.choice(RULES)
    # Votes of 50 and 100 fits are for tables of the usual size.
    if draw.rule in ("fdr", "stable") and draw.table.rows * draw.table.width > 60_000:
        draw.rule = "1se"
    rule = {
        "k": f"k={r.randint(0, 6)}",
        "lambda": f"lambda={r.choice(['0', '0.01', '0.1', '1', '10', '1e6'])}",
        "fdr": f"fdr={r.choice(['0.05', '0.2', '0.5'])}",
    }.get(draw.rule, draw.rule)
    draw.add("--choose", rule)
    if draw.rule == "stable":
        for flag, values in (("--pfer", ["0.5", "3"]), ("--pi", ["0.6", "0.9"]), ("--q", ["2", "5"])):
            if draw.chance(0.25) and len(draw.options) < 6:
                draw.add(flag, r.choice(values))
        if draw.chance(0.3):
            draw.add("--bound", r.choice(["mb", "unimodal", "r-concave"]))
        if draw.chance(0.3):
            draw.add("--weakness", "0.5")
        draw.add("--pairs", r.choice(["5", "20"]))


def _folds(draw):
    r = draw.random
    kind = r.choice(["", "", "", "count", "count", "forward", "column", "by", "repeats"])
    if kind == "count":
        draw.add("--folds", r.choice(["2", "3", "5", "7"]))
    elif kind == "forward":
        draw.add("--folds", f"forward:{r.choice(['1', '3', '5'])}")
    elif kind in ("column", "by"):
        few = lambda c: 2 <= c.distinct <= (20 if kind == "column" else 10**9)
        place = draw.places(few, 1)
        if place:
            draw.add("--fold-column" if kind == "column" else "--fold-by", place)
            if kind == "by":
                draw.add("--folds", r.choice(["2", "3", "5"]))
    elif kind == "repeats":
        draw.add("--repeats", r.choice(["2", "3"]))
    if draw.chance(0.2):
        draw.add("--seed", r.randint(2, 99))


def _rows(draw):
    """Weights, offsets and missing cells."""
    r, family = draw.random, draw.target.family
    if draw.chance(0.12):
        place = draw.places(lambda c: c.numeric and c.complete and min(c.values) >= 0 and max(c.values) > 0, 1)
        if place:
            draw.add("--weights", place)
    if family in ("binomial", "poisson", "cox", "gaussian") and draw.chance(0.06):
        place = draw.places(lambda c: c.numeric and max(map(abs, c.values)) <= 50, 1)
        if place:
            draw.add("--offset", place)
    if draw.chance(0.35):
        draw.add("--missing", r.choice(["indicator", "indicator", "drop-row", "mean", "error"]))
    if draw.chance(0.05):
        draw.add("--na", "0")


def _columns(draw):
    r = draw.random
    anything = lambda c: True
    number = lambda c: c.numeric
    for flag, wanted, share, most in (
        ("--id", anything, 0.12, 2), ("--keep", anything, 0.1, 2), ("--drop", anything, 0.1, 2),
        ("--positive", number, 0.08, 3), ("--negative", number, 0.06, 3),
        ("--categorical", lambda c: c.numeric and c.distinct <= 40, 0.06, 2),
    ):
        if draw.chance(share):
            places = draw.places(wanted, r.randint(1, most))
            if places:
                draw.add(flag, places)
    if draw.chance(0.08):
        places = draw.places(number, r.randint(1, 2))
        if places:
            draw.add("--bounds", f"{places}={r.choice(['-0.1:0.1', ':0.5', '-1:', '0:2', '-1e-6:1e-6'])}")
    if draw.chance(0.15):
        places = draw.places(anything, r.randint(2, 4))
        if places:
            draw.add("--group", f"g={places}")
            if draw.chance(0.3):
                places = draw.places(anything, 2)
                if places:
                    draw.add("--group", f"h={places}")
    if draw.chance(0.1):
        places = draw.places(anything, 2)
        if places:
            draw.add("--penalty", f"{places}={r.choice(['0', '0.3', '4', '1000'])}")
    if draw.chance(0.1):
        draw.add("--max-levels", r.choice(["2", "10", "200"]))


def _model(draw):
    r = draw.random
    kind = draw.chance(0.12)
    if kind:
        draw.add("--penalty-kind", r.choice(["mcp", "scad"]))
        if draw.chance(0.4):
            draw.add("--concavity", r.choice(["2.2", "3", "10", "1000"]))
    if draw.chance(0.15):
        draw.add("--alpha", r.choice(["0", "0.01", "0.5", "0.95"]))
    if not kind and draw.chance(0.12):
        draw.add("--adaptive", r.choice(["ridge", "ridge", "ridge:2", "ols", "ridge:0.5"]))
    if draw.chance(0.1):
        draw.add("--no-standardize")
    if draw.target.family != "cox" and draw.chance(0.06):
        draw.add("--no-intercept")
    if draw.rule not in ("fdr", "stable") and draw.chance(0.12):
        draw.add("--relax")
    if draw.target.family == "huber" and draw.chance(0.3):
        draw.add("--huber-delta", r.choice(["1e-3", "0.5", "10", "1e6"]))
    if draw.target.family in ("binomial", "multinomial") and draw.chance(0.25):
        draw.add("--metric", r.choice(["class-error", "auc"]))


def _path(draw):
    r = draw.random
    if draw.chance(0.12):
        draw.add("--nlambda", r.choice(["5", "30", "200"]))
    if draw.chance(0.08):
        draw.add("--lambda-ratio", r.choice(["0.3", "1e-2", "1e-6"]))
    if draw.chance(0.05):
        draw.add("--lambda", r.choice(["1,0.1,0.01", "100,10,1", "0.5", "1e9,1e-9"]))
    if draw.chance(0.1):
        draw.add("--full-path")
    if draw.chance(0.1):
        draw.add("--tol", r.choice(["1e-3", "1e-5", "1e-9"]))
    if draw.chance(0.15):
        draw.add("--max-features", r.choice(["0", "1", "2", "3", "5", "20"]))
    if draw.chance(0.12):
        draw.add("--engine", r.choice(["moments", "columns", "columns"]))
    if draw.chance(0.12):
        draw.add("--memory", r.choice(SMALL))


def _checks(draw):
    """--nested and --probe: ten and twenty procedures more, so for tables and rules that are not dear."""
    dear = draw.table.rows * draw.table.width > 30_000 or draw.rule in ("fdr", "stable")
    if dear or not draw.chance(0.2):
        return ()
    return draw.random.choice([("--nested",), ("--nested",), ("--probe",), ("--nested", "--probe")])


def drawn(table, target, seed, number):
    """The case of a target with this number: number 0 is the plain command, as it is given by default."""
    name = f"{table.name}:{target.name}:{number}"
    if number == 0:
        return Case(name, table, target, ())
    draw = _Draw(table, target, Random(f"{seed} {name}"))
    for part in (_rule, _folds, _rows, _columns, _model, _path):
        part(draw)
    if table.ragged:
        draw.add("--ragged", "skip")
    if draw.chance(0.05):
        draw.add("--no-target")
    return Case(name, table, target, tuple(draw.options), _checks(draw))
