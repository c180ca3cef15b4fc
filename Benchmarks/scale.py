"""How time and memory of `csvlasso fit` grow: in the rows, and in the columns of both engines.

    python3 Benchmarks/scale.py [--quick] [--ours PROGRAM]

- rows: 100,000 to 10,000,000 rows of 50 columns, piped in
- tall: 10,000 rows of 10 to 5,000 columns, which go through moments
- wide: 300 rows of 1,000 to 200,000 columns

Rows are piped from a pool of 20,000 made ones, in a new random order each time around: making ten
million would take longer than fitting them. Figures go to Benchmarks/results/scale-<date>.csv, and a
plot of them to the same name in .svg and, with --png, another file.
"""
import argparse
import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import environments

environments.enter("plot")

import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

import generate  # noqa: E402
from measure import measure  # noqa: E402
from report import machine, revision, short  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

HERE = Path(__file__).resolve().parent
POOL = 20_000
ENOUGH = 30     # seconds of runs after which none is repeated


@dataclass
class Figure:
    """Medians of some runs on one table."""
    experiment: str
    rows: int
    columns: int
    seconds: float = float("nan")
    cpu: float = float("nan")
    peak: float = float("nan")
    runs: int = 0
    fault: str = ""


class Stream:
    """Rows of 50 columns without end, from a pool."""

    def __init__(self, columns):
        self.head = generate.header(columns).encode()
        self.pool = [line.encode() for line in generate.lines(POOL, columns, seed=1)]
        self.order = np.random.default_rng(2)

    def feed(self, descriptor, rows):
        """Writes a header and so many rows, and closes."""
        with open(descriptor, "wb", buffering=0) as out:
            try:
                out.write(self.head)
                for left in range(rows, 0, -POOL):
                    order = self.order.permutation(POOL)[:left].tolist()
                    block = memoryview(b"".join([self.pool[i] for i in order]))
                    while block:
                        block = block[out.write(block):]
            except BrokenPipeError:
                pass        # the reader has failed, and says so


def repeat(figure, run, rounds):
    """Runs up to `rounds` times and fills in the medians."""
    done = []
    while len(done) < rounds and sum(one.seconds for one in done) < ENOUGH:
        done.append(run())
        if done[-1].fault:
            figure.fault = done[-1].fault
            break
    else:
        figure.seconds = median(one.seconds for one in done)
        figure.cpu = median(one.cpu for one in done)
        figure.peak = max(one.peak for one in done)
    figure.runs = len(done)
    print(f"{figure.experiment:5} {figure.rows:>10,} x {figure.columns:>7,}  "
          + (figure.fault or f"{figure.seconds:8.3f} s  {figure.cpu:8.3f} CPU s  "
             f"{figure.peak:7.0f} MB"),
          file=sys.stderr, flush=True)
    return figure


def piped(stream, rows, command, out, timeout):
    """One run with rows piped in."""
    read, write = os.pipe()
    feeder = threading.Thread(target=stream.feed, args=(write, rows))
    feeder.start()
    try:
        return measure(command, out, timeout, stdin=read)
    finally:
        os.close(read)
        feeder.join()


def in_columns(experiment, rows, widths, given, command, out):
    """One figure a width, from files that are made and removed."""
    for columns in widths:
        file = given.data / f"scale-{rows}x{columns}.csv"
        with open(file, "w", buffering=1 << 20) as text:
            text.write(generate.header(columns))
            text.writelines(generate.lines(rows, columns, seed=1))
        yield repeat(Figure(experiment, rows, columns),
                     lambda: measure([*command, file], out, given.timeout), given.rounds)
        file.unlink()


def experiments(given):
    """All figures."""
    command, out = [given.ours, "fit", "-y", "y", "--choose", "1se", "-q"], given.data / "scale-model.json"
    lengths, tall, wide = [10**5, 3 * 10**5, 10**6, 3 * 10**6, 10**7], [
        10, 30, 100, 300, 1000, 2000, 5000], [1000, 3000, 10_000, 30_000, 100_000, 200_000]
    if given.quick:
        lengths, tall, wide = lengths[:3], tall[:5], wide[:3]
    stream = Stream(50)
    for rows in lengths:
        yield repeat(Figure("rows", rows, 50),
                     lambda: piped(stream, rows, command, out, given.timeout), given.rounds)
    yield from in_columns("tall", 10_000, tall, given, command, out)
    yield from in_columns("wide", 300, wide, given, command, out)


def draw(figures, paths):
    """Four panels: cost of a row and memory over rows, time and memory over columns."""
    def points(experiment, x, y):
        done = [f for f in figures if f.experiment == experiment and not f.fault]
        return [x(f) for f in done], [y(f) for f in done]

    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False,
                         "axes.grid": True, "grid.color": "0.9", "svg.hashsalt": "csvlasso",
                         "svg.fonttype": "none"})
    figure, ((cost, memory), (time, room)) = plt.subplots(2, 2, figsize=(9, 6.6))
    kinds = [("tall", "10,000 rows", "C0", "o"), ("wide", "300 rows", "C1", "s")]

    cost.plot(*points("rows", lambda f: f.rows, lambda f: 1e6 * f.seconds / f.rows), "o-",
              label="by the clock")
    cost.plot(*points("rows", lambda f: f.rows, lambda f: 1e6 * f.cpu / f.rows), "s--",
              label="CPU time, all cores")
    cost.set(title="Cost of a row, 50 columns, piped in", xlabel="rows", ylabel="µs a row")
    memory.plot(*points("rows", lambda f: f.rows, lambda f: f.peak), "o-")
    memory.set(title="Memory, 50 columns, piped in", xlabel="rows", ylabel="peak MB")
    for experiment, label, color, mark in kinds:
        x, y = points(experiment, lambda f: f.columns, lambda f: f.seconds)
        time.plot(x, y, mark + "-", color=color, label=label)
        room.plot(*points(experiment, lambda f: f.columns, lambda f: f.peak), mark + "-",
                  color=color, label=label)
        power = {"tall": 2, "wide": 1}[experiment]
        if len(x) > 1:
            # A guide to the slope, at a third of the last point.
            ends = np.array([x[-1] / 8, x[-1]])
            time.plot(ends, y[-1] / 3 * (ends / ends[1])**power, ":", color="0.5")
            time.annotate("p²" if power == 2 else "p", (ends[1], y[-1] / 3), color="0.4",
                          textcoords="offset points", xytext=(4, -4))
    time.set(title="Time, from a file", xlabel="columns", ylabel="s")
    room.set(title="Memory, from a file", xlabel="columns", ylabel="peak MB")
    for axes in (cost, memory, time, room):
        axes.set_xscale("log")
        axes.set_yscale("log")
    for axes, experiment, value in [(cost, "rows", lambda f: 1e6 * f.cpu / f.rows),
                                    (memory, "rows", lambda f: f.peak)]:
        # Flat is what these should be: a range of a tenth to ten shows that they are.
        middle = median(points(experiment, value, value)[1] or [1])
        axes.set_ylim(middle / 10, middle * 10)
    for axes in (cost, time, room):
        axes.legend(frameon=False)
    figure.suptitle(f"csvlasso fit · {machine()}", fontsize=9, color="0.3")
    figure.tight_layout()
    for path in paths:
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)


def main():
    """Measures, writes and draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the small half; not kept in results/")
    parser.add_argument("--ours", type=Path, default=environments.ROOT / ".build/static/release/csvlasso")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=600, help="seconds a run may take")
    parser.add_argument("--data", type=Path,
                        default=Path(tempfile.gettempdir()) / "csvlasso-bench")
    parser.add_argument("--png", type=Path, help="draw there, too")
    given = parser.parse_args()
    if not given.ours.exists():
        parser.error(f"no {given.ours}; first: make build")
    given.data.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    figures = list(experiments(given))

    stem = (environments.ROOT / ".build/scale-quick" if given.quick
            else HERE / "results" / f"scale-{date.today()}")
    lines = [f"# {machine()}; load {load:.1f} before the start; commit {revision()}",
             "experiment,rows,columns,runs,seconds,cpu_seconds,peak_mb,fault"]
    for f in figures:
        fault = f.fault.replace('"', "'")
        lines.append(f'{f.experiment},{f.rows},{f.columns},{f.runs},{f.seconds:.4f},{f.cpu:.4f},'
                     f'{f.peak:.1f},"{fault}"')
    stem.with_suffix(".csv").write_text("\n".join(lines) + "\n")
    draw(figures, [stem.with_suffix(".svg")] + ([given.png] if given.png else []))
    costs = [1e6 * f.cpu / f.rows for f in figures if f.experiment == "rows" and not f.fault]
    if costs:
        print(f"µs of CPU time a row: {', '.join(map(short, costs))}; "
              f"largest over smallest {max(costs) / min(costs):.2f}")
    print(f"written to {stem}.csv and .svg")


if __name__ == "__main__":
    main()
