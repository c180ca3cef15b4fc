"""The rules: what chooses columns, ours by the command and the peers' by scripts.

A rule of ours is spelled as what follows --choose: `1se`, `fdr=0.2`, `stable --pfer 1`; `default` is
the command without --choose.
"""
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "Benchmarks"))
import environments  # noqa: E402  (the peers' software, shared with the benchmarks)

# By the script that has them.
PEERS = {
    "cv.glmnet min": "peers.R", "cv.glmnet 1se": "peers.R",
    "cv.glmnet relaxed min": "peers.R", "cv.glmnet relaxed 1se": "peers.R",
    "stability selection": "peers.R",
    "LassoLarsIC BIC": "peers.py", "knockoff+ 0.1": "peers.py", "knockoff+ 0.2": "peers.py",
}


class Refused(Exception):
    """A rule does not take a table; the text says why."""


def ours(binary, rule, csv, seed):
    """The columns that our rule keeps, from 0, and the seconds it took. Raises Refused."""
    command = [binary, "-y", "y", "--names", "--quiet", "--threads", "1", "--seed", str(seed)]
    if rule != "default":
        command += ["--choose", *rule.split()]
    start = time.perf_counter()
    done = subprocess.run([*command, csv], text=True, capture_output=True)
    if done.returncode != 0:
        raise Refused(done.stderr.strip().splitlines()[-1])
    return [int(name[1:]) - 1 for name in done.stdout.split()], time.perf_counter() - start


def peers(script, rules, tables, folder):
    """What peers keep, all tables in one process.

    Yields (table's number, rule, columns from 0 or None where it failed, seconds, reason). What is not
    installed fails on every table.
    """
    manifest, answer = folder / "manifest", folder / "answer"
    lines = []
    for number, table in enumerate(tables):
        base = folder / f"{number}"
        table.x.T.astype("<f8").tofile(f"{base}.x")  # column after column
        table.y.astype("<f8").tofile(f"{base}.y")
        lines.append(f"{base}\t{table.x.shape[0]}\t{table.x.shape[1]}\t{table.seed}"
                     f"\t{table.setting.family}")
    manifest.write_text("\n".join(lines) + "\n")
    answer.write_text("")
    reason = "no answer"
    try:
        program = (environments.r() if script.endswith(".R") else environments.python("knockpy"))
        done = subprocess.run(
            [program, HERE / script, manifest, answer, ",".join(rules)], text=True,
            capture_output=True)
        if done.returncode != 0:
            reason = environments.last_line(done.stderr)
    except environments.NotInstallable as fault:
        reason = str(fault)
    answered = set()
    for line in answer.read_text().splitlines():
        number, rule, seconds, kept = line.split("\t")
        answered.add((int(number), rule))
        if kept.startswith("!"):
            yield int(number), rule, None, 0.0, kept[1:]
            continue
        yield int(number), rule, [int(k) for k in kept.split()], float(seconds), ""
    for number in range(len(tables)):
        for rule in rules:
            if (number, rule) not in answered:
                yield number, rule, None, 0.0, reason


def versions():
    """The peers' versions, for the report."""
    return [environments.versions("r"), environments.versions("knockpy")]
