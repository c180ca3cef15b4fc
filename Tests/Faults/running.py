"""One run of the program: where, with what on its standard streams, and what is there afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEXT = b"what stood here before\n"


class Bench:
    """The program, the shim and the inputs, in a directory that is gone at the end."""

    def __init__(self, program, seed, limit):
        self.program = str(Path(program).resolve())
        self.seed = seed
        self.limit = limit
        self.root = Path(tempfile.mkdtemp(prefix="faults-"))
        self.inputs = self.root / "in"
        self.inputs.mkdir()
        self.shim = self.root / "shim.so"
        compilers = [os.environ.get("CC"), "cc", "clang", "gcc"]
        compiler = next((name for name in compilers if name and shutil.which(name)), "cc")
        subprocess.run(
            [compiler, "-O1", "-shared", "-fPIC", "-o", self.shim, HERE / "shim.c", "-ldl", "-lpthread"], check=True)

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


@dataclass
class Outcome:
    """What a run left."""

    # The exit status; below zero the signal that ended it; None if it had to be killed.
    status: int
    seconds: float
    stdout: bytes
    stderr: str
    # What is in the output directory: name, bytes.
    files: dict
    # The names in TMPDIR.
    spools: list
    # Whether a process of the run's group is still there.
    has_strays: bool
    # What the shim did: call, k, what, path.
    faults: list = field(default_factory=list)
    counts: dict = field(default_factory=dict)


class Run:
    """A run in a directory of its own."""

    def __init__(self, bench, scenario, rules="", seed=0, arm=None, stdin=None, limits=None,
                 nonblocking=False, without_shim=False):
        """
        - rules: what fails, beside the scenario's own (see shim.c, with the numbers of errors).
        - arm: called with the process once it runs, and the end of the pipe on its standard output.
        - stdin: a descriptor in place of what the scenario has.
        - limits: what a shell does before it becomes the program.
        - nonblocking: whether a pipe on standard output does not block.
        """
        self.bench, self.scenario, self.rules, self.seed = bench, scenario, rules, seed
        self.arm, self.stdin, self.limits = arm, stdin, limits
        self.nonblocking, self.without_shim = nonblocking, without_shim

    def outcome(self):
        self.place = Path(tempfile.mkdtemp(dir=self.bench.root))
        try:
            self.set_up()
            return self.run()
        finally:
            shutil.rmtree(self.place, ignore_errors=True)

    def set_up(self):
        for name in ("out", "tmp"):
            (self.place / name).mkdir()
        (self.place / "in").symlink_to(self.bench.inputs)
        for name, source in self.scenario.before.items():
            if name in self.scenario.outputs:
                (self.place / "out" / name).write_bytes(content_before(self.bench, source))
        for name, target in self.scenario.links.items():
            (self.place / "out" / name).symlink_to(target)

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        # The installed program has OpenBLAS linked in, with one thread; this one has not. A dump of the
        # registers would take seconds.
        kept |= {
            "TMPDIR": str(self.place / "tmp"), "SWIFT_BACKTRACE": "enable=no",
            "FAULTS_REPORT": str(self.place / "report"), "FAULTS_SEED": str(self.seed), "FAULTS": self.rules,
        }
        if not self.without_shim:
            kept["LD_PRELOAD"] = str(self.bench.shim)
        return kept

    def run(self):
        streams = Streams(self)
        started = time.monotonic()
        process = subprocess.Popen(
            self.command(), stdin=streams.stdin, stdout=streams.stdout, stderr=streams.stderr, cwd=self.place,
            env=self.environment(), start_new_session=True)
        was_killed = threading.Event()

        def kill():
            was_killed.set()
            process.kill()

        watch = threading.Timer(self.bench.limit, kill)
        watch.start()
        streams.let_go()
        if self.arm:
            self.arm(process, streams.reading_end, streams.written)
        status = process.wait()
        watch.cancel()
        seconds = time.monotonic() - started
        strays = end_group(process.pid)
        streams.finish()
        return self.collect(None if was_killed.is_set() else status, seconds, strays)

    def command(self):
        shell = ["sh", "-c", f'{self.limits}; exec "$@"', "sh"] if self.limits else []
        return [*shell, self.bench.program, *self.scenario.arguments]

    def collect(self, status, seconds, strays):
        faults, counts = read_report(self.place / "report")
        return Outcome(
            status=status, seconds=seconds, stdout=(self.place / "stdout").read_bytes(),
            stderr=(self.place / "stderr").read_bytes().decode(errors="replace"),
            files={
                file.name: "link" if file.is_symlink() else file.read_bytes()
                for file in (self.place / "out").iterdir()},
            spools=[file.name for file in (self.place / "tmp").iterdir()], has_strays=strays, faults=faults,
            counts=counts)


class Streams:
    """The standard streams of a run, and the processes at their other ends."""

    def __init__(self, run):
        self.helpers, self.opened, self.reading_end = [], [], None
        self.stdin = self.input(run)
        self.written = open(run.place / "stdout", "wb")
        self.stdout = self.output(run) if run.scenario.stdout == "pipe" else self.written
        self.stderr = self.keep(open(run.place / "stderr", "wb"))

    def input(self, run):
        kind, _, name = run.scenario.stdin.rpartition(":")
        if run.stdin is not None:
            return run.stdin
        if not name:
            return subprocess.DEVNULL
        path = run.bench.inputs / name
        if kind == "pipe":
            return self.keep(self.helper("cat", path, stdout=subprocess.PIPE).stdout)
        return self.keep(open(path, "rb"))

    def output(self, run):
        """A pipe; whoever arms the run may read it himself."""
        reading, writing = os.pipe()
        os.set_blocking(writing, not run.nonblocking)
        self.reading_end = os.fdopen(reading, "rb", buffering=0)
        if not getattr(run.arm, "reads", False):
            self.helper("cat", stdin=self.reading_end, stdout=self.written)
            self.keep(self.reading_end)
        return self.keep(os.fdopen(writing, "wb"))

    def keep(self, file):
        self.opened.append(file)
        return file

    def helper(self, *arguments, **streams):
        self.helpers.append(subprocess.Popen(arguments, stderr=subprocess.DEVNULL, **streams))
        return self.helpers[-1]

    def let_go(self):
        """Closes what the program and the helpers have."""
        for file in self.opened:
            file.close()

    def finish(self):
        for helper in self.helpers:
            try:
                helper.wait(timeout=5)
            except subprocess.TimeoutExpired:
                helper.kill()
                helper.wait()
        if self.reading_end:
            self.reading_end.close()
        self.written.close()


def content_before(bench, source):
    return TEXT if source == "text" else (bench.inputs / source).read_bytes()


def end_group(group):
    """Ends what is left of a process group; says whether there was anything."""
    try:
        os.killpg(group, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


def read_report(path):
    faults, counts = [], {}
    if path.exists():
        for line in path.read_text(errors="replace").splitlines():
            kind, call, number, *rest = line.split(" ", 4)
            if kind == "fault":
                faults.append((call, int(number), rest[0], rest[1] if len(rest) > 1 else ""))
            else:
                counts[call] = int(number)
    return faults, counts
