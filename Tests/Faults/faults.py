#!/usr/bin/env python3
"""Lets every system call of csvlasso fail, one at a time, and looks at what is left.

    make faults                     all of it
    make faults-quick               a sample, in about a minute
    python3 Tests/Faults/faults.py --case 'select-over write:3:ENOSPC'      one run again

A run must end in time, with status 0 and exactly the right bytes or with the documented status and one line
that names what failed; what it was to replace is whole or as before; it leaves nothing behind. What other
systems answer now and then (EINTR, EAGAIN, short counts) must not be seen at all.
"""

import argparse
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import inputs
import plan
import results
from cases import Case, numbered
from disturbances import run_options
from judging import judge
from running import HERE, Bench, Run
from scenarios import all_scenarios


class Campaign:
    """Runs cases, and keeps count."""

    def __init__(self, bench, scenarios):
        self.bench, self.scenarios = bench, scenarios
        self.references = {}
        self.tally = results.Tally(bench.seed)
        self.lock = Lock()

    def prepare(self, names, jobs):
        """The inputs, and each scenario of these names without a fault."""
        inputs.make(self.bench.inputs)
        fit = Run(self.bench, self.scenarios["fit"], without_shim=True).outcome()
        inputs.add_model(self.bench.inputs, fit.stdout)
        with ThreadPoolExecutor(jobs) as pool:
            self.references = dict(zip(names, pool.map(self.reference, names)))

    def reference(self, name):
        scenario = self.scenarios[name]
        plain = Run(self.bench, scenario, without_shim=True).outcome()
        if plain.status != 0 or set(plain.files) < set(scenario.outputs):
            sys.exit(f"faults: {scenario.name} fails by itself, status {plain.status}: {plain.stderr}")
        plain.counts = Run(self.bench, scenario, numbered(";".join(scenario.rules))).outcome().counts
        return plain

    def run(self, case):
        """
        Runs a case and judges it.

        - Returns: whether a fault that it names was reached.
        """
        scenario = self.scenarios[case.scenario]
        rules = ";".join(rule for rule in [numbered(case.rules), numbered(";".join(scenario.rules))] if rule)
        options = run_options(case, scenario, self.bench)
        outcome = Run(self.bench, scenario, rules, seed=self.bench.seed, **options).outcome()
        outcome.faults = [fault for fault in outcome.faults if case.names(*fault[:3])]
        problems = judge(self.bench, case, scenario, outcome, self.references[case.scenario])
        with self.lock:
            self.tally.add(case, outcome, problems, reached=bool(outcome.faults) or not case.rules)
        return bool(outcome.faults)

    def sweep(self, sweep):
        count = self.references[sweep.scenario].counts[sweep.call]
        for k in plan.steps(count):
            # The program may make more calls because of the fault, but not without end.
            if not self.run(sweep.case(k)) or k > 2 * count + 50:
                return


def main():
    options = arguments()
    # What is ignored here (behind nohup, in the background) would be ignored by the program, too.
    signal.signal(signal.SIGHUP, lambda *_: None)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seed = options.seed
    print(f"FAULTS_SEED={seed}")
    if not os.path.exists(options.program):
        sys.exit(f"faults: {options.program} is not there; make build builds it")
    bench = Bench(options.program, seed, options.limit)
    try:
        campaign = Campaign(bench, all_scenarios())
        started = time.monotonic()
        if options.case:
            cases = [Case.parse(case) for case in options.case]
            campaign.prepare({case.scenario for case in cases}, options.jobs)
            for case in cases:
                campaign.run(case)
        else:
            names = [
                name for name in campaign.scenarios
                if not options.only or any(part in name for part in options.only)]
            campaign.prepare(names, options.jobs)
            carry_out(campaign, options, random.Random(seed))
        campaign.tally.show(time.monotonic() - started)
        if options.record:
            results.record(campaign.tally, options, time.monotonic() - started)
        return 1 if campaign.tally.failures else 0
    finally:
        bench.remove()


def carry_out(campaign, options, draw):
    references = campaign.references
    chosen = [campaign.scenarios[name] for name in references]
    sweeps = [sweep for scenario in chosen for sweep in plan.sweeps(scenario, references[scenario.name].counts)]
    share = 1 if options.quick else 10
    singles = [
        case for scenario in chosen for case in plan.single_cases(scenario, references[scenario.name], draw, share)]
    counts = {name: reference.counts for name, reference in references.items()}
    singles += plan.pairs(sweeps, counts, draw, options.quick // 5 if options.quick else len(sweeps) // 2)
    with ThreadPoolExecutor(options.jobs) as pool:
        if options.quick:
            singles += plan.sample(sweeps, counts, draw, options.quick)
            work = [(campaign.run, case) for case in singles]
        else:
            work = [(campaign.sweep, sweep) for sweep in sweeps] + [(campaign.run, case) for case in singles]
        draw.shuffle(work)
        work = [(campaign.run, case) for case in defects() if case.scenario in references] + work
        work = [part for part in work if matches(part[1], options.matching)]
        end = time.monotonic() + 60 * options.minutes
        started = [pool.submit(*part) for part in work]
        for place, part in enumerate(started):
            if time.monotonic() > end:
                pool.shutdown(cancel_futures=True)
                campaign.tally.note = f"stopped after {options.minutes:g} minutes, with {place} of {len(work)} parts"
                return
            part.result()
            campaign.tally.progress(place + 1, len(work))


def matches(what, parts):
    """Whether a case, or the first of a sweep, has one of some parts in it."""
    text = str(what.case(1) if isinstance(what, plan.Sweep) else what)
    return not parts or any(part in text for part in parts)


def defects():
    """Cases that were defects once."""
    lines = (HERE / "defects.txt").read_text().splitlines()
    return [Case.parse(line) for line in lines if line and not line.startswith("#")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.environ.get("CSVLASSO", ".build/release/csvlasso"))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("FAULTS_SEED") or random.randrange(10**6)))
    parser.add_argument("--quick", type=int, nargs="?", const=600, metavar="RUNS", help="a sample of sweeps")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenarios whose name has this in it")
    parser.add_argument("--matching", nargs="+", metavar="TEXT", help="cases that have this in them")
    parser.add_argument("--case", action="append", help="run this alone; may be given again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=float, default=30, help="seconds that a run may take")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many, wherever it is")
    parser.add_argument("--record", action="store_true", help="write Tests/Faults/results/DATE.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
