"""On complete numeric tables cv.glmnet has to find the same: same folds, same lambdas.

For each table and target a folder holds the data, our path and our errors; one R process (glmnet.R) fits them
all with glmnet and writes how far apart the two are. What counts is the fit: coefficients of columns that
nearly depend on each other may differ where predictions do not, and where these differ, the smaller objective
is the better one, so that a glmnet that stopped early is not held against us."""

import csv
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import running
import targets

HERE = Path(__file__).resolve().parent
FAMILIES = {"gaussian", "binomial", "multinomial", "poisson", "cox", "multigaussian"}
FOLDS = 5
# How far apart the two may be: predictions in standard deviations, errors as shares; and the gap we ask for.
FIT, ERROR, TOLERANCE = 1e-5, 1e-5, 1e-10


def _columns(table, target):
    """The numeric columns without a missing cell that can stand beside a target; no two the same."""
    seen, found = set(), []
    for column in table.columns:
        cells = tuple(column.values) if column.numeric and column.complete else ()
        if column.place in target.places or column.distinct < 2 or not cells or cells in seen:
            continue
        if max(map(abs, cells)) > 1e9:
            continue
        seen.add(cells)
        found.append(column)
    return found


def _suitable(table, target):
    if target.family not in FAMILIES or table.ragged or not 30 <= table.rows <= 2000:
        return False
    aims = [table.by_place[place] for place in target.places]
    if any(not aim.complete for aim in aims):
        return False
    if target.family in ("gaussian", "multigaussian") and not all(aim.numeric for aim in aims):
        return False
    if target.family == "cox" and min(table.by_place[target.places[0]].values) <= 0:
        return False
    return 2 <= len(_columns(table, target)) <= 60


def _folds(table, target, random):
    """A fold for each row, dealt class by class, and event by event, so that none lacks one."""
    column = table.by_place[target.places[-1]]
    folds = [0] * table.rows
    strata = {}
    for row, cell in enumerate(column.cells):
        strata.setdefault(cell if target.family in ("binomial", "multinomial", "cox") else "", []).append(row)
    at = 0
    for rows in strata.values():
        random.shuffle(rows)
        for row in rows:
            folds[row] = at % FOLDS + 1
            at += 1
    return folds


def _write_data(folder, table, target, columns, folds):
    names = [f"x{j}" for j in range(1, len(columns) + 1)]
    aims = [table.by_place[place] for place in target.places]
    heads = [f"y{j}" for j in range(1, len(aims) + 1)]
    cells = [aim.cells for aim in aims]
    if target.family == "cox":
        # Ranks have the same partial likelihood. glmnet puts a censored time after an event at the same time by
        # adding 2e-14, which is lost where times are above 100 or so.
        order = {value: rank for rank, value in enumerate(sorted(set(aims[0].values)), 1)}
        cells[0] = [repr(order[value] / 4096) for value in aims[0].values]
    with open(folder / "data.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, *heads, "fold"])
        writer.writerows(zip(*(c.cells for c in columns), *cells, folds))
    family = ["--family", {"multigaussian": "gaussian"}.get(target.family, target.family)]
    if target.family == "cox":
        return ["--time", "y1", "--event", "y2"]
    return ["-y", ",".join(heads), *family]


def _write_ours(folder, model, family, names):
    """Our path for R: for each linear predictor a line of intercept and coefficients at each lambda."""
    path = model["path"]
    parts = path.get("classes") or path.get("targets") or {"": path}
    with open(folder / "ours.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["part", "lambda", "intercept", *names])
        for label, part in parts.items():
            zeros = [0.0] * len(path["lambda"])
            vectors = [part.get("intercept", zeros)] + [part["coefficients"].get(name, zeros) for name in names]
            for row in zip(path["lambda"], *vectors):
                writer.writerow([label, *(repr(float(value)) for value in row)])
    cv = model["cross_validation"]
    with open(folder / "cv.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["lambda", "cvm", "cvsd"])
        writer.writerows([[repr(float(v)) for v in row] for row in zip(cv["lambda"], cv["cvm"], cv["cvsd"])])
    ends = f"{cv['lambda_min']!r},{cv['lambda_1se']!r}"
    (folder / "case.csv").write_text(f"family,lambda_min,lambda_1se\n{family},{ends}\n")


def _ours(program, table, target, folder, seed):
    """Fits a table; a sentence where that fails, "" where it does not."""
    folder.mkdir(parents=True)
    columns = _columns(table, target)
    words = _write_data(folder, table, target, columns, _folds(table, target, Random(f"{seed} {table.name}")))
    command = [program, "fit", *words, "--fold-column", "fold", "--choose", "min", "--full-path", "--tol", TOLERANCE,
               "--threads", "1", "-q", folder / "data.csv", "-o", folder / "model.json"]
    outcome = running.run(command, folder, running.budget(table))
    if outcome.status in (64, 65):
        shutil.rmtree(folder)
        return ""
    if outcome.status != 0:
        (folder / "failed").touch()
        return f"status {outcome.status}: {' '.join(map(str, command))}"
    model = json.loads((folder / "model.json").read_text())
    names = [f"x{j}" for j in range(1, len(columns) + 1)]
    # A twin is fitted by one of the two here, and by either there.
    if any("twin" in column for column in model["columns"]):
        shutil.rmtree(folder)
        return ""
    _write_ours(folder, model, target.family, names)
    return ""


def _verdict(row):
    """"" where the two agree, "glmnet" where glmnet has the worse objective, else what is apart."""
    if row["error"]:
        return "glmnet"
    fit, cvm, excess = float(row["fit"]), float(row["cvm"]), float(row["excess"])
    if fit <= FIT and cvm <= ERROR and row["min"] == row["onese"] == "TRUE":
        return ""
    if excess > 2 * TOLERANCE:
        return f"our objective is above glmnet's by {excess:.2g} of the null model's"
    # Where glmnet stopped short on all rows, it did in the folds, whose fits are not seen.
    if (fit > FIT or cvm > ERROR) and excess < -1e-14:
        return "glmnet"
    if fit > FIT:
        return f"predictions differ by {fit:.2g} standard deviations"
    if cvm > ERROR:
        return f"cvm differs by {cvm:.2g}"
    return f"lambda.min agrees: {row['min']}, lambda.1se: {row['onese']}, cvm within {cvm:.2g}"


def compare(program, found, folder, jobs, seed):
    """Compares all suitable tables; returns lines that tell the counts, and one line for each that is apart."""
    shutil.rmtree(folder, ignore_errors=True)
    chosen = []
    for table in found:
        some = [target for target in targets.targets(table) if _suitable(table, target)]
        first = {target.family: target for target in reversed(some)}
        chosen += [(table, target) for target in first.values()]
    work = [(t, a, folder / f"{t.name.replace('/', '-')}-{a.name}") for t, a in chosen]
    with ThreadPoolExecutor(jobs) as pool:
        ours = list(pool.map(lambda item: _ours(program, *item, seed), work))
    apart = [f"FAILED agreement: {sentence}" for sentence in ours if sentence]
    subprocess.run(["Rscript", "--vanilla", str(HERE / "glmnet.R"), str(folder)], check=True)
    with open(folder / "compared.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    same = short = 0
    worst = 0.0
    for row in rows:
        verdict = _verdict(row)
        if verdict == "":
            same += 1
            worst = max(worst, float(row["fit"]))
        elif verdict == "glmnet":
            short += 1
        else:
            apart.append(f"FAILED agreement: {row['case']}: {verdict}; folder {folder / row['case']}")
    line = (f"cv.glmnet: {len(rows)} tables and targets compared, {same} the same (lambda.min, lambda.1se, cvm and "
            f"cvsd; predictions within {worst:.1g} standard deviations), {short} where glmnet stopped short of "
            f"our objective or failed, {len(apart)} apart")
    return [line], apart
