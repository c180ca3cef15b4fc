"""Counts, the runs that failed, and a file that keeps them."""

import datetime
import os
import platform
import subprocess
import sys
from collections import Counter

from cases import UNRULY
from running import HERE


class Tally:
    def __init__(self, seed):
        self.seed = seed
        self.runs = 0
        self.reached = 0
        self.endings = Counter()
        self.calls = Counter()
        self.failures = []
        self.note = ""
        self.slowest = (0, "")

    def add(self, case, outcome, problems, reached):
        self.runs += 1
        self.reached += reached
        self.endings[ending(outcome.status)] += 1
        self.calls[kind(case)] += 1
        self.slowest = max(self.slowest, (outcome.seconds, str(case)))
        if problems:
            self.failures.append((str(case), problems, outcome.stderr))
            print(f"\nFAILED {case}\n  " + "\n  ".join(problems) + "\n" + shown(outcome.stderr), flush=True)

    def progress(self, done, all):
        line = f"{done} of {all}, {self.runs} runs, {len(self.failures)} failed"
        if sys.stdout.isatty():
            print(f"\r{line} ", end="", flush=True)
        elif done * 20 // all > (done - 1) * 20 // all:
            print(line, flush=True)

    def lines(self, seconds):
        yield f"{self.runs} runs in {seconds:.0f} s; the fault was reached in {self.reached}"
        if self.note:
            yield self.note
        yield "by what failed: " + ", ".join(f"{name} {count}" for name, count in sorted(self.calls.items()))
        yield "how they ended: " + ", ".join(f"{name}: {count}" for name, count in sorted(self.endings.items()))
        yield f"the slowest: {self.slowest[0]:.1f} s, {self.slowest[1]}"
        yield f"failed: {len(self.failures)}"

    def show(self, seconds):
        print("\n" + "\n".join(self.lines(seconds)))
        if self.failures:
            print(f"\nEach again by itself, with FAULTS_SEED={self.seed}:")
            for case, *_ in self.failures:
                print(f"  python3 Tests/Faults/faults.py --case '{case}'")


def kind(case):
    """What fails: a call, the system, or something else."""
    if case.disturbance:
        return case.disturbance.lstrip("@").split("=")[0]
    return case.rules if case.rules in UNRULY else case.parsed[0][0]


def ending(status):
    if status is None:
        return "did not end"
    return f"signal {-status}" if status < 0 else f"status {status}"


def shown(stderr):
    return "".join(f"  | {line[:300]}\n" for line in stderr.splitlines()[:4])


def record(tally, options, seconds):
    """Writes what a run came to, with its machine and date."""
    def ask(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, cwd=HERE).stdout.strip()
        except OSError:
            return ""

    today = datetime.date.today().isoformat()
    size = f"--quick {options.quick} " if options.quick else ""
    if options.matching:
        size += f"--matching {' '.join(options.matching)} "
    path = HERE / "results" / f"{today}.md"
    text = [
        *([path.read_text()] if path.exists() else [f"# Faults, {today}", ""]),
        f"- commit: {ask('git', 'rev-parse', '--short=12', 'HEAD')}",
        f"- machine: {os.cpu_count()} × {processor()}, {platform.system()} {platform.release()}, "
        f"file system of TMPDIR: {ask('stat', '-f', '-c', '%T', os.environ.get('TMPDIR') or '/tmp')}",
        f"- command: `FAULTS_SEED={options.seed} python3 Tests/Faults/faults.py {size}--record`", "",
        *(f"- {line}" for line in tally.lines(seconds)), ""]
    if tally.failures:
        text += ["## Failed", "", *(f"- `{case}`: {'; '.join(problems)}" for case, problems, _ in tally.failures), ""]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(text))


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.machine()
