"""The report, in markdown, and the measurements behind it as CSV."""
import os
import platform
import subprocess
from datetime import date
from statistics import median

import environments
from environments import NotInstallable
from programs import HERE


def good(runs):
    """The runs that ended well."""
    return [run for run in runs if not run.fault]


def seconds(runs):
    """The median time, or None where no run ended well."""
    return median(run.seconds for run in good(runs)) if good(runs) else None


def peak(runs):
    """The largest memory, MB, or None."""
    return max((run.peak for run in good(runs)), default=None)


def short(value):
    """Three significant digits."""
    return "–" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def best_peer(runs, chosen):
    """The peer with the smallest median, and that; or (None, None)."""
    timed = [(seconds(runs[p.key]), p) for p in chosen
             if p.kind == "peer" and p.key in runs and seconds(runs[p.key]) is not None]
    return min(timed, key=lambda pair: pair[0])[::-1] if timed else (None, None)


def verdict(value, limit, at_least):
    """Whether a figure is where it should be; nothing where nothing is asked."""
    if limit is None:
        return ""
    if value is None:
        return "**no**"
    return "yes" if (value >= limit if at_least else value <= limit) else "**no**"


def machine():
    """The processor, its cores and memory, the system."""
    cpu = system = ""
    with open("/proc/cpuinfo") as lines:
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")),
                   platform.machine())
    with open("/proc/meminfo") as lines:
        memory = int(next(lines).split()[1]) / 1048576
    with open("/etc/os-release") as lines:
        system = next((line.split("=")[1].strip().strip('"') for line in lines
                       if line.startswith("PRETTY_NAME")), platform.system())
    return f"{cpu}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {system}"


def revision():
    """The commit that was measured, with a mark where files differ from it."""
    done = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"],
                          text=True, capture_output=True)
    return done.stdout.strip() or "unknown"


def head(chosen, given, load):
    """What was measured, with what, where and when."""
    version = subprocess.run([given.ours, "--version"], text=True, capture_output=True).stdout
    lines = [f"# {'Quick benchmark' if given.quick else 'Benchmark'}, {date.today()}", "",
             f"- machine: {machine()}; load {load:.1f} before the start",
             f"- csvlasso {version.strip()}, commit {revision()}"]
    for name in sorted({program.environment for program in chosen} - {None}):
        try:
            lines.append(f"- {environments.versions(name)}")
        except NotInstallable as reason:
            lines.append(f"- {name}: {reason}")
    lines.append(
        f"- whole processes, {given.rounds} rounds in turn, files in the page cache; what took "
        f"more than {given.slow:g} s was run once, what took {given.timeout:g} s was stopped")
    lines.append("- MB are 10⁶ bytes; peak memory is that of the largest process, and cannot be "
                 "told below 10 MB")
    if load > 0.5:
        lines.append("- **the machine was busy: these times are noisy**")
    return lines


def aims(results, chosen):
    """One line a set: the best peer over ours, beside what is asked."""
    lines = ["", "## Aims", "",
             "| set | csvlasso s | best peer | s | ratio | at least | | peak MB | at most | "
             "| polars reads s | faster |",
             "|---|---:|---|---:|---:|---:|---|---:|---:|---|---:|---|"]
    for table, _, runs, _ in results:
        ours, (best, theirs) = seconds(runs.get("ours", [])), best_peer(runs, chosen)
        ratio = theirs / ours if ours and theirs else None
        mine, reading = peak(runs.get("ours", [])), seconds(runs.get("polars-read", []))
        faster = (verdict(ours, reading, at_least=False) if reading and table.beats_reading else "")
        lines.append(
            f"| {table.name} | {short(ours)} | {best.label if best else '–'} | {short(theirs)} "
            f"| {short(ratio)} | {table.ratio or ''} | {verdict(ratio, best and table.ratio, True)} "
            f"| {short(mine)} | {short(table.peak) if table.peak else ''} "
            f"| {verdict(mine, table.peak, False)} | {short(reading)} | {faster} |")
    return lines


def pipes(results):
    """One line a set that is also piped in: nothing where none is."""
    piped = [(table, runs) for table, _, runs, _ in results if runs.get("ours-pipe")]
    if not piped:
        return []
    lines = ["", "## From a pipe", "",
             "| set | from the file s | `cat` piped in s | ratio | at most | | of the fastest runs |",
             "|---|---:|---:|---:|---:|---|---:|"]
    for table, runs in piped:
        file, pipe = good(runs.get("ours", [])), good(runs["ours-pipe"])
        ratio = least = None
        if file and pipe:
            ratio = seconds(pipe) / seconds(file)
            least = min(run.seconds for run in pipe) / min(run.seconds for run in file)
        lines.append(
            f"| {table.name} | {short(seconds(file))} | {short(seconds(pipe))} | {short(ratio)} "
            f"| {table.pipe or ''} | {verdict(ratio, table.pipe, False)} | {short(least)} |")
    return lines


def choices(comparisons):
    """One line a set: whether cv.glmnet chose the same."""
    lines = ["", "## Choices", "",
             "cv.glmnet (threshold 1e-12) with our folds and our grid: the same `lambda.min` and "
             "`lambda.1se`, the same columns at the latter?", "",
             "| set | rows | lambdas | kept | errors differ by | below the smallest | the same |",
             "|---|---:|---:|---:|---:|---:|---|"]
    for table, c in comparisons:
        lines.append(f"| {table.name} | {c.rows:,} | {c.lambdas} | {c.kept} | {c.error:.1e} "
                     f"| {c.error_below:.1e} | {c.fault or 'yes'} |")
    return lines


def details(results, chosen):
    """One table a set: all programs."""
    lines = []
    for table, size, runs, counts in results:
        ours, (best, _) = seconds(runs.get("ours", [])), best_peer(runs, chosen)
        shape = f"{table.rows:,} × {table.columns:,}"
        lines += ["", f"## {table.name}: {shape}, {size / 1e6:,.1f} MB", "",
                  "| | median s | min–max | runs | CPU s | peak MB | time / csvlasso | columns |",
                  "|---|---:|---:|---:|---:|---:|---:|---:|"]
        for program in (p for p in chosen if p.key in runs):
            done = good(runs[program.key])
            label = f"**{program.label}**" if program is best else program.label
            if not done:
                fault = runs[program.key][-1].fault if runs[program.key] else "not run"
                lines.append(f"| {label} | {fault} | | | | | | |")
                continue
            times = [run.seconds for run in done]
            middle = median(times)
            lines.append(
                f"| {label} | {short(middle)} | {short(min(times))}–{short(max(times))} "
                f"| {len(times)} | {short(median(run.cpu for run in done))} "
                f"| {short(peak(done))} | {short(middle / ours if ours else None)} "
                f"| {counts[program.key] if counts.get(program.key) is not None else ''} |")
    return lines


def favours():
    """The section of README.md that says what favours whom."""
    text = (HERE / "README.md").read_text()
    start = text.find("## What favours us")
    end = text.find("\n## ", start + 1)
    return ["", text[start:end if end > 0 else None].rstrip()] if start >= 0 else []


def text(results, comparisons, chosen, given, load):
    """The whole report."""
    lines = head(chosen, given, load)
    if results:
        lines += aims(results, chosen) + pipes(results)
    if comparisons:
        lines += choices(comparisons)
    lines += details(results, chosen) + favours()
    return "\n".join(lines) + "\n"


def measurements(results, chosen):
    """Every run, as CSV."""
    lines = ["set,program,run,seconds,cpu_seconds,peak_mb,fault"]
    for table, _, runs, _ in results:
        for program in chosen:
            for index, run in enumerate(runs.get(program.key, [])):
                fault = run.fault.replace('"', "'")
                lines.append(f'{table.name},{program.key},{index + 1},{run.seconds:.4f},'
                             f'{run.cpu:.3f},{run.peak:.1f},"{fault}"')
    return "\n".join(lines) + "\n"
