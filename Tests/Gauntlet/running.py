"""Runs the program and measures it: status, CPU, standard error; bounded in CPU by the kernel.

A signal shows as a shell shows it: 128 and its number. A run that used up its CPU ends with 152,
one that waited for ever with 137."""

import os
import resource
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

CPU_SPENT, KILLED = 152, 137


@dataclass(frozen=True)
class Outcome:
    """What one run left behind."""

    status: int
    cpu: float
    peak_mb: float
    said: str

    @property
    def lines(self):
        return self.said.splitlines()


def run(command, folder, limit, pipe=None):
    """Runs a command; its standard output goes to folder/stdout, its input comes from `cat pipe`."""
    feeder = None
    if pipe is not None:
        feeder = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as said:
        source = feeder.stdout if feeder else subprocess.DEVNULL
        child = subprocess.Popen([str(part) for part in command], stdin=source, stdout=out, stderr=said)
        resource.prlimit(child.pid, resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 3))
        if feeder:
            feeder.stdout.close()
        # A run that waits for ever uses no CPU: it is killed long after any other would have ended.
        watch = threading.Timer(20 * limit, child.kill)
        watch.start()
        _, state, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(state)
        watch.cancel()
        child.returncode = code
    if feeder:
        feeder.wait()
    said = (folder / "stderr").read_bytes().decode("utf-8", "replace")
    status = code if code >= 0 else 128 - code
    return Outcome(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def budget(table):
    """Seconds of CPU that a run may take: 30 up to 1,000 rows and 1,000 columns, in proportion beyond."""
    return 30 * max(1, table.rows / 1000) * max(1, table.width / 1000)


def program(name, folder):
    """A copy of the program to be tested: one that is built anew meanwhile would differ from itself."""
    path = Path(name)
    if not os.access(path, os.X_OK):
        raise SystemExit(f"gauntlet: {name} is no program (make build, or say --program PATH)")
    return shutil.copy2(path, folder / "csvlasso")
