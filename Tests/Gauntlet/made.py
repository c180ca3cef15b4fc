"""Awkward tables by the seed: small, and each with something that real tables have and tests forget.

A table is a header, columns of cells, and a family and target that goes with it. The same seed makes the same bytes."""

from random import Random


def _numbers(r, n, scale=1.0, shift=0.0, digits=4):
    return [f"{r.gauss(0, 1) * scale + shift:.{digits}g}" for _ in range(n)]


def _levels(r, n, names, rare=0.0):
    """Text of several levels; `rare` is the share of rows that the later ones have together."""
    return [names[0] if r.random() > rare else r.choice(names[1:]) for _ in range(n)] if rare \
        else [r.choice(names) for _ in range(n)]


def _holes(r, cells, share, text=""):
    return [text if r.random() < share else cell for cell in cells]


def _labels(r, n, k, pull=None):
    """k classes, each in two rows at least; some follow a column of numbers."""
    labels = [f"c{j}" for j in range(k)]
    cells = [labels[j % k] for j in range(min(n, 2 * k))]
    for i in range(len(cells), n):
        lean = float(pull[i]) if pull else 0
        cells.append(labels[min(k - 1, max(0, int(k / 2 + lean * k / 4 + r.gauss(0, 1))))])
    return cells


def _rare_levels(r):
    n, k = r.randint(30, 70), r.randint(3, 7)
    columns = {f"g{j}": _levels(r, n, [f"l{i}" for i in range(r.randint(3, 9))], rare=0.1) for j in range(6)}
    columns["x"] = _numbers(r, n)
    columns["class"] = _labels(r, n, k, columns["x"])
    return columns, "multinomial", ("-y", "class")


def _two_labels(r):
    n = r.randint(24, 200)
    columns = {f"x{j}": _numbers(r, n) for j in range(5)}
    columns["g"] = _levels(r, n, ["north", "south", "east", "west"], rare=0.2)
    columns["y"] = ["yes" if float(a) + r.gauss(0, 1) > 1 else "no" for a in columns["x0"]]
    columns["y"][:2] = ["yes", "no"]
    return columns, "binomial", ("-y", "y")


def _separated(r):
    columns, family, target = _two_labels(r)
    columns["leak"] = [f"{10 + r.random() if y == 'yes' else r.random():.3f}" for y in columns["y"]]
    return columns, family, target


def _survival(r):
    n, events = r.randint(20, 150), r.choice([2, 4, 10, 40])
    columns = {f"x{j}": _numbers(r, n) for j in range(4)}
    columns["arm"] = _levels(r, n, ["A", "B"])
    columns["clinic"] = _levels(r, n, [f"k{j}" for j in range(6)])
    columns["time"] = [str(r.randint(1, r.choice([8, 400]))) for _ in range(n)]
    died = set(r.sample(range(n), min(events, n)))
    columns["died"] = ["1" if i in died else "0" for i in range(n)]
    return columns, "cox", ("--time", "time", "--event", "died")


def _counts(r):
    n = r.randint(20, 150)
    columns = {f"x{j}": _numbers(r, n) for j in range(4)}
    columns["g"] = _levels(r, n, list("abcdef"), rare=0.3)
    columns["y"] = [str(int(r.expovariate(1 / r.choice([0.2, 3, 5000])))) for _ in range(n)]
    columns["y"][0] = "3"
    return columns, "poisson", ("-y", "y", "--family", "poisson")


def _huge_and_tiny(r):
    n = r.randint(12, 60)
    columns = {f"x{j}": _numbers(r, n, scale=10.0 ** r.choice([-12, -6, 0, 6, 12, 15]),
                                 shift=r.choice([0, 0, 1e6])) for j in range(6)}
    columns["y"] = _numbers(r, n, scale=10.0 ** r.choice([-9, 0, 9]))
    family = r.choice(["gaussian", "gaussian", "huber"])
    return columns, family, ("-y", "y", "--family", family)


def _outliers(r):
    n = r.randint(16, 80)
    columns = {f"x{j}": _numbers(r, n) for j in range(5)}
    columns["same"] = columns["x1"]
    columns["y"] = [f"{float(a) * 3 + r.gauss(0, 1) * (1000 if r.random() < 0.1 else 1):.5g}" for a in columns["x0"]]
    return columns, "huber", ("-y", "y", "--family", "huber")


def _holes_everywhere(r):
    n = r.randint(20, 90)
    columns = {f"x{j}": _holes(r, _numbers(r, n), 0.3, r.choice(["", "NA", "?"])) for j in range(6)}
    columns["g"] = _holes(r, _levels(r, n, list("uvw")), 0.3)
    columns["empty"] = [""] * n
    columns["y"] = _holes(r, _numbers(r, n), 0.1)
    return columns, "gaussian", ("-y", "y")


def _wide(r):
    n = r.randint(12, 40)
    columns = {f"x{j}": _numbers(r, n) for j in range(r.randint(60, 150))}
    columns["y"] = [f"{2 * float(a) - float(b) + r.gauss(0, 1):.5g}" for a, b in zip(columns["x3"], columns["x7"])]
    return columns, "gaussian", ("-y", "y")


def _alike(r):
    """Constant columns, twins, sums of others, codes with zeros, an id, a leak."""
    n = r.randint(20, 80)
    columns = {"id": [str(i) for i in range(1, n + 1)], "a": _numbers(r, n), "b": _numbers(r, n)}
    columns["sum"] = [f"{float(a) + float(b):.6g}" for a, b in zip(columns["a"], columns["b"])]
    columns["twin"] = [f"{2 * float(a) + 1:.6g}" for a in columns["a"]]
    columns["seven"] = ["7"] * n
    columns["code"] = [f"{r.randint(0, 12):04d}" for _ in range(n)]
    columns["y"] = [f"{float(a) + r.gauss(0, 1):.5g}" for a in columns["a"]]
    columns["leak"] = [f"{3 * float(y):.6g}" for y in columns["y"]]
    return columns, "gaussian", ("-y", "y")


def _two_targets(r):
    n = r.randint(14, 60)
    columns = {f"x{j}": _numbers(r, n) for j in range(4)}
    columns["y1"] = [f"{float(a) + r.gauss(0, 1):.5g}" for a in columns["x0"]]
    columns["y2"] = [f"{100 * float(a) + r.gauss(0, 1) * r.choice([1, 1e6]):.5g}" for a in columns["x1"]]
    return columns, "multigaussian", ("-y", "y1,y2")


def _tiny(r):
    n = r.randint(4, 12)
    columns = {"a": _numbers(r, n), "b": _levels(r, n, ["p", "q"]), "y": _numbers(r, n)}
    return columns, "gaussian", ("-y", "y")


KINDS = {
    "rare-levels": _rare_levels, "two-labels": _two_labels, "separated": _separated, "survival": _survival,
    "counts": _counts, "huge-and-tiny": _huge_and_tiny, "outliers": _outliers, "holes": _holes_everywhere,
    "wide": _wide, "alike": _alike, "two-targets": _two_targets, "tiny": _tiny,
}


def _text(r, columns):
    """The bytes of a file: sometimes all quoted, with CR LF, a mark of byte order, or no last line end."""
    quoted, end = r.random() < 0.25, r.choice(["\n", "\n", "\r\n"])
    write = lambda cell: '"' + cell.replace('"', '""') + '"' if quoted else cell
    lines = [",".join(write(name) for name in columns)]
    lines += [",".join(write(cell) for cell in row) for row in zip(*columns.values())]
    text = ("\ufeff" if r.random() < 0.1 else "") + end.join(lines)
    return (text if r.random() < 0.1 else text + end).encode()


def make(folder, seed, count):
    """Writes so many tables of each kind; returns (file, family, options that name its target)."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kind, columns_of in KINDS.items():
        for number in range(count):
            r = Random(f"{seed} {kind} {number}")
            columns, family, target = columns_of(r)
            path = folder / f"{kind}-{number}.csv"
            path.write_bytes(_text(r, columns))
            made.append((path, family, target))
    return made
