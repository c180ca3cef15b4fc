"""What is printed and written at the end: counts, costs, failures with the commands that show them."""

import datetime
import os
import platform
import re
import resource
import shlex
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def command(result, program):
    """The command of a case, to be pasted into a shell."""
    case = result.case
    return shlex.join([str(program), *case.argv, "-o", "/dev/null", str(case.table.path)])


def _kind(refusal):
    """A refusal without the names and numbers of this table."""
    text = re.sub(r"^csvlasso: (\S+: |stdin:[\d:]* )?", "", refusal)
    text = re.sub(r"'[^']*'", "'…'", text)
    return re.sub(r"\d[\d.e+-]*", "#", text)[:150]


def _table(title, counts):
    lines = [f"| {title} | runs |", "|---|---|"]
    return lines + [f"| {key} | {count} |" for key, count in counts]


def summary(results, seconds):
    """Lines for the terminal."""
    failing = [r for r in results if r.faults]
    families = Counter(r.case.target.family for r in results)
    states = Counter(r.status for r in results)
    lines = [
        f"{len(results)} runs ({sum(r.processes for r in results)} processes) "
        f"over {len({r.case.table.name for r in results})} tables in {seconds / 60:.1f} min, "
        f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime / 60:.1f} min of CPU",
        "by family: " + ", ".join(f"{f} {n}" for f, n in families.most_common()),
        "by status: " + ", ".join(f"{s}: {n}" for s, n in sorted(states.items())),
        "most CPU:",
    ]
    for r in sorted(results, key=lambda r: -r.cpu)[:5]:
        lines.append(f"  {r.cpu:6.1f} s  {r.case.table.rows} x {r.case.table.width}  {r.case.name}")
    if failing:
        lines.append("broken laws: " + ", ".join(
            f"{k} {n}" for k, n in Counter(f.split(":")[0] for r in failing for f in r.faults).most_common()))
    return lines


def failures(results, program, most=None):
    """One block for each failing case: the laws it broke, and how to run it alone."""
    failing = sorted((r for r in results if r.faults), key=lambda r: (r.faults[0].split(":")[0], r.cpu))
    for r in failing[:most]:
        yield f"FAILED {r.case.name}"
        yield from (f"  {fault}" for fault in r.faults)
        yield f"  {command(r, program)}"
        yield f"  python3 Tests/Gauntlet/gauntlet.py --case {shlex.quote(r.case.name)}"


def _machine():
    model = "unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} processors, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _commit():
    def git(*words):
        return subprocess.run(["git", *words], capture_output=True, text=True).stdout.strip()
    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return git("rev-parse", "--short", "HEAD") + changed


def _anywhere(arguments):
    """Arguments without the place of the program, which is another on every machine."""
    kept = list(arguments)
    if "--program" in kept:
        place = kept.index("--program")
        del kept[place:place + 2]
    return kept


def write(folder, results, seconds, arguments, versions, agreement):
    """Writes results/DATE.md and returns its path."""
    date = datetime.date.today().isoformat()
    refused = Counter(_kind(r.refusal) for r in results if r.refusal)
    lines = [f"# Gauntlet of {date}", "",
             f"- Machine: {_machine()}", f"- Commit: {_commit()}",
             f"- Command: `python3 Tests/Gauntlet/gauntlet.py {shlex.join(_anywhere(arguments))}`",
             f"- Packages: {', '.join(versions)}", ""]
    lines += ["```", *summary(results, seconds), *agreement, "```", ""]
    lines += ["## Runs", "", *_table("family, status", sorted(
        (f"{f}, {s}", n) for (f, s), n in Counter((r.case.target.family, r.status) for r in results).items())), ""]
    lines += ["## Costliest runs", "", "| CPU s | rows x columns | case |", "|---|---|---|"]
    lines += [f"| {r.cpu:.1f} | {r.case.table.rows} x {r.case.table.width} | {r.case.name} {shlex.join(r.case.argv)} |"
              for r in sorted(results, key=lambda r: -r.cpu)[:20]]
    lines += ["", "## Refusals", "", *_table("message, names and numbers taken out", refused.most_common()), ""]
    failing = [line.replace(f"{ROOT}/", "") for line in failures(results, "csvlasso")]
    lines += ["## Failures", "", *(["```", *failing, "```"] if failing else ["None."]), ""]
    folder.mkdir(exist_ok=True)
    path = folder / f"{date}.md"
    path.write_text("\n".join(lines))
    return path
