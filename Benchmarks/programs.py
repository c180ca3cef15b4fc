"""The sets and what is asked of them; the programs and how each is called."""
from dataclasses import dataclass
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"


@dataclass(frozen=True)
class Set:
    """A made table, and the aims for it: None where there is none."""
    name: str
    rows: int
    columns: int
    ratio: float | None = None          # best peer's time over ours, at least
    peak: float | None = None           # MB, at most
    beats_reading: bool = False         # the whole job in less time than polars reads the file
    pipe: float | None = None           # through a pipe over from a file, at most
    agreement_rows: int | None = None   # rows compared with cv.glmnet; all where None
    family: str = "gaussian"

    @property
    def shape(self):
        """What generate.py calls it."""
        return self.name if self.name in FULL else f"{self.rows}x{self.columns}"


def matrix(rows, columns):
    """1.3 times the matrix in doubles, MB."""
    return 1.3 * rows * columns * 8 / 1e6


FULL = {s.name: s for s in [
    Set("S1", 442, 10, ratio=150),
    Set("T1", 1_000_000, 50, ratio=15, peak=200, beats_reading=True, pipe=1.5,
        agreement_rows=50_000),
    Set("T2", 200_000, 300, ratio=12, peak=200, beats_reading=True, agreement_rows=20_000),
    Set("M1", 20_000, 2_000, ratio=8, peak=700, agreement_rows=4_000),
    Set("W1", 1_000, 20_000, ratio=10, peak=matrix(1_000, 20_000)),
    Set("W2", 300, 200_000, ratio=15, peak=matrix(300, 200_000)),
    Set("L1", 500_000, 50, ratio=8, agreement_rows=20_000, family="binomial"),
    Set("L2", 1_000, 20_000, ratio=8, family="binomial"),
    Set("P1", 100_000, 50, ratio=10, agreement_rows=20_000, family="poisson"),
    Set("K1", 20_000, 100, ratio=5, agreement_rows=2_000, family="multinomial"),
    Set("C1", 20_000, 100, ratio=5, agreement_rows=5_000, family="cox"),
]}
QUICK = {s.name: s for s in [
    FULL["S1"],
    Set("tall", 100_000, 50, agreement_rows=10_000),
    Set("middle", 4_000, 400, agreement_rows=1_000),
    Set("wide", 200, 2_000),
]}


# Our flags by family; the rule is cv.glmnet's. A target of 0 and 1, or of text, tells its family by
# itself.
FLAGS = {family: [*flags, "--choose", "1se"] for family, flags in {
    "gaussian": ["-y", "y"], "binomial": ["-y", "y"], "multinomial": ["-y", "y"],
    "poisson": ["--family", "poisson", "-y", "y"],
    "cox": ["--family", "cox", "--time", "time", "--event", "event"]}.items()}
# The columns of the target.
TARGETS = {family: ["y"] for family in FLAGS} | {"cox": ["time", "event"]}


@dataclass(frozen=True)
class Program:
    """What is timed. `kind` is ours, peer, or reference: work that is not the whole job."""
    key: str
    label: str
    kind: str
    environment: str | None             # of environments.py; None for what the system has
    command: tuple                      # PROGRAM, FILE, OUT, FAMILY stand for what their names say
    families: tuple = tuple(FLAGS)      # what it fits

    def called(self, file, out, ours, family):
        """The command line. Raises NotInstallable."""
        if self.environment is None:
            program = ours
        elif self.environment == "r":
            program = environments.r()
        else:
            program = environments.python(self.environment)
        places = {"PROGRAM": program, "FILE": file, "OUT": out, "FAMILY": family}
        words = [w for word in self.command for w in (FLAGS[family] if word == "FLAGS" else [word])]
        return [str(places.get(word, word)) for word in words]


def peer(key, label, environment, script, *more, kind="peer", families=tuple(FLAGS)):
    """A script in peers/ that takes FILE, OUT and FAMILY."""
    command = ("PROGRAM", str(PEERS / script), "FILE", "OUT", "FAMILY", *more)
    return Program(key, label, kind, environment, command, families)


def programs(cores):
    """All of them, ours first. What is written to standard output goes to a file, too."""
    return [
        Program("ours", "csvlasso", "ours", None, ("PROGRAM", "FLAGS", "-q", "FILE")),
        peer("port", "polars, python-glmnet", "glmnet", "glmnet_port.py",
             families=("gaussian", "binomial")),
        peer("sklearn", "polars, scikit-learn LassoCV", "sklearn", "sklearn_lassocv.py",
             families=("gaussian",)),
        peer("r", "R fread, glmnet", "r", "glmnet.R"),
        peer("r-parallel", f"R fread, glmnet, {cores} processes", "r", "glmnet.R", str(cores)),
        peer("adelie", "polars, adelie", "adelie", "adelie_cv.py"),
        peer("celer", "polars, celer LassoCV", "celer", "celer_lassocv.py", families=("gaussian",)),
        peer("polars-read", "polars, reading only", "sklearn", "polars_read.py", kind="reference"),
        Program("ours-o", "csvlasso -o (flushed to disk)", "reference", None,
                ("PROGRAM", "FLAGS", "-q", "FILE", "-o", "OUT")),
        Program("ours-pipe", "csvlasso, piped in by cat", "reference", None,
                ("sh", "-c", 'cat "$0" | "$@"', "FILE", "PROGRAM", "FLAGS", "-q")),
        Program("wc", "wc -l", "reference", None, ("wc", "-l", "FILE")),
        Program("cut", "cut -d, -f1-10", "reference", None, ("cut", "-d,", "-f1-10", "FILE")),
    ]
