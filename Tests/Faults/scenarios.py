"""What is run: commands, each with where it reads and writes."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scenario:
    name: str
    # `in/` stands for the directory of inputs, `out/` for that of outputs.
    arguments: tuple
    # What standard input is: a file of `in/` by its name, `pipe:` and the name, or nothing.
    stdin: str = ""
    # `file` or `pipe`.
    stdout: str = "file"
    # The files that a run makes.
    outputs: tuple = ()
    # Files that stand before it in `out/`: a name, and an input whose bytes it has; `text` for a few other bytes.
    before: dict = field(default_factory=dict)
    # Links that stand before it: name, target.
    links: dict = field(default_factory=dict)
    # What fails in every run: what the file system cannot do.
    rules: tuple = ()
    # Whether standard error is written to without a fault, too.
    talks: bool = False
    # Whether the input has several batches.
    is_large: bool = False


SELECT = ("-y", "y", "--id", "note", "--quiet")
ALL = ("-o", "out/o.csv", "--model", "out/m.json", "--ledger", "out/l.csv")
OUTPUTS = ("o.csv", "m.json", "l.csv")
OLD = {name: "text" for name in OUTPUTS}

# A file system without nameless files, and one where they cannot be given a name (as where /proc is not there).
NAMED = ("nameless:*:EOPNOTSUPP",)
UNLINKED = ("link:*:ENOENT",)


def small():
    """Tables of one batch."""
    yield Scenario("select", SELECT + ("in/small.csv",))
    yield Scenario("select-talking", SELECT[:-1] + ("in/small.csv",), talks=True)
    yield Scenario("select-pipe-to-pipe", SELECT, stdin="pipe:small.csv", stdout="pipe")
    yield Scenario("select-redirected", SELECT, stdin="small.csv", stdout="pipe")
    yield Scenario("select-one-thread", SELECT + ("--threads", "1", "in/small.csv") + ALL, outputs=OUTPUTS)
    yield Scenario("select-new", SELECT + ("in/small.csv",) + ALL, outputs=OUTPUTS)
    yield Scenario("select-over", SELECT + ("in/small.csv",) + ALL, outputs=OUTPUTS, before=OLD)
    yield Scenario(
        "select-in-place", SELECT + ("out/o.csv", "-o", "out/o.csv"), outputs=("o.csv",),
        before={"o.csv": "small.csv"})
    yield Scenario(
        "select-through-link", SELECT + ("in/small.csv", "-o", "out/link.csv"), outputs=("o.csv",),
        before={"o.csv": "text"}, links={"link.csv": "o.csv"})
    yield Scenario(
        "select-named", SELECT + ("in/small.csv",) + ALL, outputs=OUTPUTS, before=OLD, rules=NAMED)
    yield Scenario(
        "select-unlinked", SELECT + ("in/small.csv",) + ALL, outputs=OUTPUTS, before=OLD, rules=UNLINKED)
    yield Scenario(
        "select-named-unlinked", SELECT + ("in/small.csv", "-o", "out/o.csv"), outputs=("o.csv",),
        rules=NAMED + UNLINKED)
    yield Scenario("select-gz", SELECT + ("in/small.csv.gz", "-o", "out/o.csv"), outputs=("o.csv",))
    yield Scenario("select-zst-pipe", SELECT + ("-o", "out/o.csv"), stdin="pipe:small.csv.zst", outputs=("o.csv",))
    yield Scenario("select-device", SELECT + ("-o", "/dev/stdout"), stdin="pipe:small.csv", stdout="pipe")
    yield Scenario("names", SELECT + ("--names", "in/small.csv"), stdout="pipe")
    yield Scenario(
        "classes-spooled", ("-y", "bought", "--id", "note", "--quiet", "--memory", "64K", "-o", "out/o.csv"),
        stdin="pipe:small.csv", outputs=("o.csv",))
    yield Scenario(
        "survival-spooled",
        ("--time", "days", "--event", "died", "--id", "note", "--quiet", "--memory", "64K", "in/small.csv"))
    yield Scenario("fit", ("fit",) + SELECT + ("in/small.csv",))
    yield Scenario(
        "fit-pipe-over", ("fit",) + SELECT + ("-o", "out/m.json", "--ledger", "out/l.csv"), stdin="pipe:small.csv",
        outputs=("m.json", "l.csv"), before=OLD)
    yield Scenario("path", ("path",) + SELECT + ("in/small.csv",), stdout="pipe")
    yield Scenario(
        "path-over", ("path",) + SELECT + ("in/small.csv", "-o", "out/p.csv"), outputs=("p.csv",),
        before={"p.csv": "text"})
    yield Scenario("path-exact-pipe", ("path", "--exact", "--drop", "kind") + SELECT, stdin="pipe:small.csv")
    yield Scenario("apply", ("apply", "in/model.json", "in/small.csv"))
    yield Scenario("apply-pipe-to-pipe", ("apply", "in/model.json"), stdin="pipe:small.csv", stdout="pipe")
    yield Scenario(
        "apply-in-place", ("apply", "in/model.json", "out/o.csv", "-o", "out/o.csv"), outputs=("o.csv",),
        before={"o.csv": "small.csv"})
    yield Scenario("apply-gz", ("apply", "in/model.json.gz", "in/small.csv.gz"), stdout="pipe")
    yield Scenario("check", ("check", "in/small.csv"), talks=True)


def large():
    """Tables of several batches."""
    two = ("--threads", "2")
    yield Scenario("large", SELECT + two + ("in/large.csv",), stdout="pipe", is_large=True)
    yield Scenario(
        "large-over", SELECT + two + ("in/large.csv",) + ALL, outputs=OUTPUTS, before=OLD, is_large=True)
    yield Scenario(
        "large-in-place", SELECT + two + ("out/o.csv", "-o", "out/o.csv"), outputs=("o.csv",),
        before={"o.csv": "large.csv"}, is_large=True)
    yield Scenario("large-pipe-to-pipe", SELECT + two, stdin="pipe:large.csv", stdout="pipe", is_large=True)
    yield Scenario("large-redirected", SELECT + two, stdin="large.csv", is_large=True)
    yield Scenario(
        "large-spooled", SELECT + two + ("--memory", "1M", "-o", "out/o.csv"), stdin="pipe:large.csv",
        outputs=("o.csv",), is_large=True)
    yield Scenario(
        "large-spooled-named", SELECT + ("--threads", "1", "--memory", "4M", "-o", "out/o.csv"),
        stdin="pipe:large.csv", outputs=("o.csv",), rules=NAMED, is_large=True)
    yield Scenario(
        "large-unlinked", SELECT + two + ("in/large.csv", "-o", "out/o.csv"), outputs=("o.csv",),
        before={"o.csv": "text"}, rules=UNLINKED, is_large=True)
    yield Scenario("large-gz", SELECT + two + ("in/large.csv.gz", "-o", "out/o.csv"), outputs=("o.csv",), is_large=True)
    yield Scenario(
        "large-gz-spooled", SELECT + two + ("--memory", "1M"), stdin="pipe:large.csv.gz", stdout="pipe",
        is_large=True)
    yield Scenario(
        "large-zst-pipe", SELECT + two + ("-o", "out/o.csv"), stdin="pipe:large.csv.zst", outputs=("o.csv",),
        is_large=True)
    yield Scenario("large-fit-pipe", ("fit",) + SELECT + two, stdin="pipe:large.csv", is_large=True)
    yield Scenario("large-apply", ("apply", "in/model.json", "in/large.csv"), stdout="pipe", is_large=True)
    yield Scenario(
        "large-apply-in-place", ("apply", "in/model.json", "out/o.csv", "-o", "out/o.csv"), outputs=("o.csv",),
        before={"o.csv": "large.csv"}, is_large=True)
    yield Scenario("large-apply-pipe", ("apply", "in/model.json"), stdin="pipe:large.csv", is_large=True)


def all_scenarios():
    """By name."""
    return {scenario.name: scenario for make in (small, large) for scenario in make()}
