"""What must hold of a run, whatever failed."""

import errno
import os
import re
import signal

from running import content_before

# What a message says, and the exit status that goes with it (sysexits).
STATUSES = [
    ("limit on memory (ulimit -v or -d) leaves", 71),
    ("cannot be opened", 66),
    ("cannot be created", 73),
    ("", 74),
]


def judge(bench, case, scenario, outcome, reference):
    """
    What is wrong with a run; nothing, if all is well.

    - reference: the same run without faults.
    """
    if outcome.status is None:
        return [f"did not end in {bench.limit} s"]
    problems = list(left_behind(scenario, outcome))
    if outcome.has_strays:
        problems.append("a process is still there")
    if outcome.status == 0:
        problems += successful(case, scenario, outcome, reference)
    elif outcome.status < 0:
        if -outcome.status not in case.signals:
            problems.append(f"ended by signal {-outcome.status}")
        elif outcome.stderr and not scenario.talks and len(case.parsed) < 2:
            problems.append("a signal ended it, and it wrote to standard error")
    elif case.must_succeed:
        problems.append(f"status {outcome.status}, where a second call would do")
    else:
        problems += failed(case, scenario, outcome)
    if outcome.status != 0:
        problems += untouched(bench, scenario, outcome, reference)
    return problems


def left_behind(scenario, outcome):
    expected = set(scenario.outputs) | set(scenario.links)
    # A name that cannot be taken away stays, and so does one that nobody is left to take away.
    if any(call == "unlink" for call, *_ in outcome.faults) or outcome.status == -signal.SIGKILL:
        return
    for name in sorted(set(outcome.files) - expected):
        yield f"'{name}' left in the output directory"
    for name in outcome.spools:
        yield f"'{name}' left in TMPDIR"


def successful(case, scenario, outcome, reference):
    # A pipe takes what its reader leaves in it.
    is_read_in_part = case.disturbance.startswith("@reader") and reference.stdout.startswith(outcome.stdout)
    if outcome.stdout != reference.stdout and not is_read_in_part:
        yield f"status 0, and standard output has other bytes ({len(outcome.stdout)} of {len(reference.stdout)})"
    for name in scenario.outputs:
        if outcome.files.get(name) != reference.files[name]:
            yield f"status 0, and {name} has other bytes"
    if outcome.stderr and not scenario.talks:
        yield "status 0, and a message"
    for call, _, what, path in outcome.faults:
        # What was not flushed to disk is not there. A directory that cannot be flushed is of no account.
        is_failure = what.isdigit() and int(what) != errno.EINTR
        if call == "fsync" and is_failure and not path.endswith(("/out", "/tmp")):
            yield "status 0, and a file was not flushed"


def failed(case, scenario, outcome):
    """One line, in the program's name, that names what failed and why; the status that goes with it."""
    lines = outcome.stderr.splitlines()
    if len(lines) != 1 or not outcome.stderr.endswith("\n"):
        # Where standard error itself fails there is nothing that could tell.
        if any(call == "write" and "/stderr" in path for call, _, _, path in outcome.faults):
            return
        yield f"{len(lines)} lines on standard error"
        return
    line = lines[0]
    if not line.startswith("csvlasso: "):
        yield "a line that is not in the program's name"
        return
    if case.disturbance.startswith("@limit=AS") and outcome.status == 70 and "limit on memory" in line:
        return  # Memory gave out where nothing can be done without; the line says so.
    wanted = next(status for text, status in STATUSES if text in line)
    if outcome.status != wanted:
        yield f"status {outcome.status}, not {wanted}"
    if not outcome.faults:
        return
    reasons = {os.strerror(int(what)) for _, _, what, _ in outcome.faults if what.isdigit()}
    if not any(reason in line for reason in reasons):
        yield f"does not say why: {' or '.join(sorted(reasons))}"
    names = [names_of(path, scenario) for _, _, _, path in outcome.faults]
    if all(names) and not any(name in line for name in set().union(*names)):
        yield f"does not name what failed: {' or '.join(sorted(set().union(*names)))}"


def names_of(path, scenario):
    """What a message may call a file; nothing where any name is as good."""
    found = re.search(r"/in/([^/ ]+)$|^in/(.+)$", path)
    if found:
        name = found.group(1) or found.group(2)
        return {f"in/{name}"} if f"in/{name}" in scenario.arguments else {"stdin"}
    if re.search(r"(^|/)out(/|$)", path):
        return {f"out/{name}" for name in (*scenario.outputs, *scenario.links)}
    if re.search(r"/faults-[^/]+/[^/]+/tmp(/|$)", path):
        return {"/tmp"}
    if path.endswith("/stdout"):
        return {"stdout"}
    if path.startswith("pipe:"):
        return {"stdin", "stdout"}
    return set()


def untouched(bench, scenario, outcome, reference):
    """Each output is as it was, or whole; what came to standard output is a start of what should."""
    if not reference.stdout.startswith(outcome.stdout):
        yield "standard output is no start of what it should be"
    for name in scenario.outputs:
        source = scenario.before.get(name)
        before = content_before(bench, source) if source else None
        now = outcome.files.get(name)
        if now not in (before, reference.files[name]):
            yield f"{name} is neither as before nor whole"
