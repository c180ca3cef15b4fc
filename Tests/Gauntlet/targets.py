"""Which columns of a table could be a target, and of which family."""

import re
from dataclasses import dataclass

TIMES = re.compile(
    r"(?i)^(s?time|futime|stime|survt(ime)?|days?|weeks|months|years|(t\.?)?stop|dur(ation)?|"
    r"spell|t|.*[._]?time|.*days|failtime|lifetime|age\.at\.death)$"
)
EVENTS = re.compile(
    r"(?i)^(status|event|death|dead|died|delta|d|fustat|cens(or(ed)?)?|stat|ind|uncens.*|"
    r"failed?|relapse|fail|cr|recur|infect)$"
)


@dataclass(frozen=True)
class Target:
    """What is predicted: options that name it, and the places of its columns."""

    family: str
    options: tuple
    places: tuple

    @property
    def name(self):
        return f"{self.family}@{'+'.join(map(str, self.places))}"


def _single(column):
    """The families that fit one column, with the options that ask for them."""
    few = [count for count in column.counts.values() if count < 2]
    if column.distinct == 2:
        zero_one = set(column.counts) == {"0", "1"}
        told = zero_one or not column.numeric
        yield "binomial", () if told else ("--family", "binomial")
        if told:
            yield "gaussian", ("--family", "gaussian")
    elif column.numeric and column.distinct > 2:
        yield "gaussian", ()
        yield "huber", ("--family", "huber")
        if column.whole:
            yield "poisson", ("--family", "poisson")
        if column.distinct <= 10 and not few:
            yield "multinomial", ("--family", "multinomial")
    elif 3 <= column.distinct <= 100 and len(few) < column.distinct / 2:
        yield "multinomial", ()


def _survival(table):
    """Pairs of a time and an event: by their names, or else the first that could be one."""
    events = [c for c in table.columns if c.numeric and set(c.values) == {0.0, 1.0}]
    times = [c for c in table.columns if c.numeric and c.distinct > 5 and min(c.values) >= 0]
    named = [(t, e) for t in times if TIMES.match(t.name) for e in events if EVENTS.match(e.name)]
    if named:
        return named[:3]
    return [(t, e) for t in times[:1] for e in events[:1]]


def targets(table):
    """Every target of a table, in the order of its columns; row names are none."""
    found = []
    for column in table.columns:
        row_names = column.place == 1 and column.name == "" and column.distinct == table.rows
        if row_names or not column.cells:
            continue
        for family, options in _single(column):
            found.append(Target(family, ("-y", str(column.place), *options), (column.place,)))
    numbers = [c for c in table.columns if c.numeric and c.distinct > 2 and c.name != ""]
    for first, second in list(zip(numbers, numbers[1:]))[:2]:
        pair = (first.place, second.place)
        found.append(Target("multigaussian", ("-y", f"{pair[0]},{pair[1]}"), pair))
    for time, event in _survival(table):
        options = ("--time", str(time.place), "--event", str(event.place))
        found.append(Target("cox", options, (time.place, event.place)))
    return found
