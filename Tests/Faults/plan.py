"""Which cases there are: sweeps over the calls of a scenario, unruly systems, disturbances."""

from dataclasses import dataclass

from cases import FAILING, PASSING, SIGNALLED, SIGNALS, UNRULY, Case, rule


@dataclass(frozen=True)
class Sweep:
    """One fault at the first call, the second, and so on, until a run ends without it."""

    scenario: str
    call: str
    what: str
    lasting: bool = False

    def case(self, k):
        # What ends a program from outside does so in one way, whatever its number.
        what = self.what.replace("ANY", ("HUP", "INT", "TERM")[k % 3])
        return Case(self.scenario, rule(self.call, k, what, self.lasting))


def sweeps(scenario, counts):
    """
    All sweeps over the calls that a scenario makes.

    - counts: how often it makes each without faults. What a fault leads to (another way to copy, a name to be
      taken away) has sweeps in the scenarios where it is the usual way.
    """
    for call in counts:
        for what in PASSING.get(call, []):
            yield Sweep(scenario.name, call, what)
        for place, what in enumerate(FAILING.get(call, [])):
            yield Sweep(scenario.name, call, what)
            # What lasts differs from what does not, and little from what else lasts.
            if place < 2:
                yield Sweep(scenario.name, call, what, lasting=True)
        if call in SIGNALLED:
            for name in ("ANY", "KILL"):
                yield Sweep(scenario.name, call, f"signal={name}")
                yield Sweep(scenario.name, call, f"after={name}")


def steps(count):
    """1, 2, 3, … and, where a call is made very often, further and further apart: some forty of a thousand."""
    k = 1
    while True:
        yield k
        k += 1 if k < 12 or k > count - 3 else 1 + k // 6


def single_cases(scenario, reference, draw, share):
    """
    Cases by themselves.

    - share: how many of each kind, in tenths of what the full run has.
    """
    for rules in UNRULY:
        yield Case(scenario.name, rules)
    for name in SIGNALS:
        for _ in range(share):
            yield Case(scenario.name, "", f"@signal={name}={draw.randrange(int(1.2e6 * reference.seconds))}")
    if scenario.stdout == "pipe":
        for _ in range(share):
            yield Case(scenario.name, "", f"@reader={draw.randrange(len(reference.stdout))}")
    if scenario.stdout == "pipe" or scenario.stdin.startswith("pipe:"):
        for _ in range(max(1, share // 3)):
            yield Case(scenario.name, "", f"@slow={draw.randrange(1000)}")
    for _ in range(max(1, share // 3)):
        yield Case(scenario.name, "", f"@limit=NOFILE={draw.randrange(4, 16)}")
        # The loader and the libraries take the first 100 MB.
        yield Case(scenario.name, "", f"@limit=AS={draw.randrange(130_000, 420_000)}")
        yield Case(scenario.name, "", f"@limit=FSIZE={draw.randrange(1, 3 + len(reference.stdout) // 512)}")


def pairs(sweeps, counts, draw, count):
    """Cases of two faults in one run: what the first leads to meets the second."""
    by_scenario = {}
    for sweep in sweeps:
        by_scenario.setdefault(sweep.scenario, []).append(sweep)
    for scenario in draw.choices(sorted(by_scenario), k=count):
        two = draw.sample(by_scenario[scenario], 2)
        rules = [sweep.case(1 + draw.randrange(1 + counts[scenario][sweep.call])).rules for sweep in two]
        yield Case(scenario, ";".join(rules))


def sample(sweeps, counts, draw, count):
    """
    Cases of sweeps for a short run: every fault of every call at least once, the others as it happens.

    - counts: by scenario, how often each call is made.
    """
    by_fault = {}
    for sweep in sweeps:
        by_fault.setdefault((sweep.call, sweep.what, sweep.lasting), []).append(sweep)
    chosen = [draw.choice(same) for _, same in sorted(by_fault.items())]
    chosen += draw.choices(sweeps, k=max(0, count - len(chosen)))
    for sweep in chosen:
        yield sweep.case(1 + draw.randrange(counts[sweep.scenario][sweep.call]))
