"""What others do to a run: signals at any time, readers that go away or are slow, limits."""

import os
import random
import threading
import time

from cases import SIGNALS

# In the units of a shell's `ulimit`: descriptors, blocks of 512 bytes, KB of address space.
LIMITS = {"NOFILE": "n", "FSIZE": "f", "AS": "v"}


class Signal:
    """Sends a signal after so many microseconds."""

    def __init__(self, name, delay):
        self.number, self.delay = SIGNALS[name], delay

    def __call__(self, process, _, __):
        time.sleep(self.delay * 1e-6)
        if process.poll() is None:
            try:
                os.kill(process.pid, self.number)
            except ProcessLookupError:
                pass


class Reader:
    """Reads so many bytes of standard output, and closes it."""

    reads = True

    def __init__(self, count):
        self.count = count

    def __call__(self, process, end, written):
        left = self.count
        while left > 0 and (some := end.read(min(left, 1 << 16))):
            written.write(some)
            left -= len(some)
        written.flush()
        end.close()


class SlowEnds:
    """Pipes that do not block, and whose other ends pause: what comes and goes is told by poll alone."""

    reads = True

    def __init__(self, data, seed):
        self.draw = random.Random(seed)
        self.data = data
        self.source = None
        if data is not None:
            self.source, self.feeding = os.pipe()
            os.set_blocking(self.source, False)

    def feed(self):
        try:
            place = 0
            while place < len(self.data):
                count = self.draw.choice([1, 3000, 1 << 16, 1 << 20])
                place += os.write(self.feeding, self.data[place:place + count])
                self.pause()
        except BrokenPipeError:
            pass
        os.close(self.feeding)

    def pause(self):
        if self.draw.random() < 0.2:
            time.sleep(0.005)

    def __call__(self, process, end, written):
        feeder = None
        if self.source is not None:
            os.close(self.source)
            feeder = threading.Thread(target=self.feed)
            feeder.start()
        if end is not None:
            while some := end.read(self.draw.choice([1, 5000, 1 << 16])):
                written.write(some)
                self.pause()
            written.flush()
        if feeder:
            feeder.join()


def run_options(case, scenario, bench):
    """The options of a run (see running.py) for a case's disturbance, written `@what=number`."""
    what, _, value = case.disturbance.lstrip("@").rpartition("=")
    kind, _, name = what.partition("=")
    if kind == "signal":
        return {"arm": Signal(name, int(value))}
    if kind == "reader":
        return {"arm": Reader(int(value))}
    if kind == "slow":
        data = None
        if scenario.stdin.startswith("pipe:"):
            data = (bench.inputs / scenario.stdin.removeprefix("pipe:")).read_bytes()
        ends = SlowEnds(data, int(value))
        return {"arm": ends, "stdin": ends.source, "nonblocking": True}
    if kind == "limit":
        return {"limits": f"ulimit -{LIMITS[name]} {value}", "without_shim": True}
    return {}
