"""What must hold of every run, whatever the table and the options.

`faults` runs a case several ways and returns a sentence for each law that does not hold."""

import csv
import json
import math
import re
from dataclasses import dataclass, field

import running
import shadow
import subset

REFUSALS = {64, 65, 66}
NOT_A_NUMBER = re.compile(r"(?i)(?<![\w.])[-+]?(nan|inf|infinity)(?![\w.])")
DUMP = re.compile(r"Fatal error|Error: |\*\*\*|Backtrac|Crash|Program crashed|internal error")
REMEDY = re.compile(r"\(.+\)|--\w|\buse\b|takes ")


@dataclass
class Result:
    """What became of a case: its status, its cost, and the laws that it broke."""

    case: object
    status: int
    cpu: float
    processes: int
    faults: list = field(default_factory=list)
    refusal: str = ""


def _refuse_constant(text):
    raise ValueError(f"{text} in JSON")


def _outputs(folder):
    """The bytes of all that a run wrote, but for what it said."""
    return {name: (folder / name).read_bytes() if (folder / name).exists() else None
            for name in ("out.csv", "model.json", "ledger.csv")}


def _command(program, case, folder, threads, piped, checks=True):
    options = case.argv if checks else [*case.table.dialect, *case.target.options, *case.options]
    where = ["-o", folder / "out.csv", "--model", folder / "model.json", "--ledger", folder / "ledger.csv"]
    return [program, *options, "--threads", str(threads), *where, *([] if piped else [case.table.path])]


def _fresh(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    return folder


def spoken(outcome, case):
    """What was said, with the file's name taken out, so that file and pipe compare."""
    return outcome.said.replace(str(case.table.path), "stdin")


def ended(outcome, limit, what):
    """The laws of any end: in time, by a status that is documented, in one line where it is a refusal."""
    if outcome.status in (running.CPU_SPENT, running.KILLED) or outcome.cpu > limit:
        return [f"hang: {what}: more than {limit:.0f} s of CPU, or it waits for ever (status {outcome.status})"]
    if outcome.status > 128 or outcome.status == 70:
        return [f"crash: {what}: status {outcome.status}: {outcome.said.strip()[:120]!r}"]
    found = []
    if DUMP.search(outcome.said):
        found.append(f"dump: {what}: {outcome.said.strip()[:120]!r}")
    if outcome.status == 0:
        return found
    if outcome.status not in REFUSALS:
        found.append(f"status: {what}: {outcome.status} is no documented refusal: {outcome.said.strip()[:120]!r}")
    elif len(outcome.lines) != 1 or not outcome.said.startswith("csvlasso: "):
        found.append(f"refusal: {what}: {len(outcome.lines)} lines in place of one: {outcome.said.strip()[:120]!r}")
    elif not REMEDY.search(outcome.said):
        found.append(f"refusal: {what}: no remedy: {outcome.said.strip()[:160]!r}")
    if NOT_A_NUMBER.search(re.sub(r"'.*?'", "", outcome.said)):
        found.append(f"nan: {what}: {outcome.said.strip()[:160]!r}")
    return found


def _summary(outcome, tolerance):
    """Of the summary: no NaN or infinity beside numbers, and a gap within --tol."""
    found = []
    for line in outcome.lines:
        text = line.removeprefix("csvlasso: ")
        if text.startswith(("lambda ", "by ", "nested:", "probe:", "duality", "stationary", "warning:")):
            if NOT_A_NUMBER.search(text):
                found.append(f"nan: summary: {text[:160]}")
        # A concave penalty has no optimum to be certain of: that it is not stationary is told, and that is the law.
        if text.startswith("warning: the duality gap"):
            found.append(f"gap: {text[:160]}")
        match = re.search(r"gap at most ([^\s,]+)", text)
        if match and not float(match.group(1)) <= tolerance * 1.01:
            found.append(f"gap: {text[:160]} with --tol {tolerance}")
    if not any("gap" in line for line in outcome.lines):
        found.append("gap: the summary has none")
    return found


def _numbers(value, place=""):
    """Every number in a JSON value, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, f"{place}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, place)
    elif isinstance(value, float):
        yield place, value


def _model(model, case):
    """Of the model: numbers that are ones, a path that falls, errors that are errors, signs as asked for."""
    found = [f"nan: model: {place} is {value}" for place, value in _numbers(model) if not math.isfinite(value)]
    path, cv = model["path"], model.get("cross_validation")
    lambdas = path["lambda"]
    if any(b >= a for a, b in zip(lambdas, lambdas[1:])):
        found.append("path: lambda does not fall")
    if any(not -1e-9 <= value <= 1 + 1e-9 for value in path["dev_ratio"]) and path.get("gamma", 1) == 1 \
            and "--no-intercept" not in case.options and "--offset" not in case.options:
        worst = min(path["dev_ratio"]), max(path["dev_ratio"])
        found.append(f"path: dev_ratio from {worst[0]} to {worst[1]}")
    if cv:
        if any(value is None or value < -1e-9 for value in cv["cvm"]):
            found.append("cv: a cvm that is missing or negative")
        if any(value is None or value < 0 for value in cv["cvsd"]):
            found.append("cv: a cvsd that is missing or negative")
        least = min(value for value in cv["cvm"] if value is not None)
        at = cv["lambda"].index(cv["lambda_min"])
        if cv["cvm"][at] != least:
            found.append(f"cv: lambda_min has cvm {cv['cvm'][at]}, and the smallest is {least}")
    return found + _bounds(model, case)


def _bounds(model, case):
    """Coefficients keep the signs that were asked for."""
    found, coefficients = [], model["path"].get("coefficients")
    if coefficients is None:
        return found
    labels = {column["index"]: column["name"] for column in model["columns"]}
    for flag, wrong in (("--positive", lambda b: b < 0), ("--negative", lambda b: b > 0)):
        for place in (case.value(flag) or "").split(","):
            for b in coefficients.get(labels.get(int(place or 0)), []):
                if wrong(b):
                    found.append(f"bounds: {flag} {place} has the coefficient {b}")
                    break
    return found


def counted(model, case):
    """How many columns of the file are chosen, and the most that may be: what caps promise."""
    kept = len(model["kept"])
    caps = [case.value("--max-features")]
    rule = case.value("--choose") or ""
    if rule.startswith("k="):
        caps.append(rule[2:])
    caps = [int(cap) for cap in caps if cap is not None]
    forced = len([p for p in (case.value("--keep") or "").split(",") if p])
    return kept, max(min(caps), forced) if caps else None


def _procedure(model, case):
    """Fit, --nested and --probe are one procedure: caps hold in each, counts are counts of columns."""
    found = []
    kept, cap = counted(model, case)
    if cap is not None and kept > cap:
        found.append(f"procedure: kept {kept} columns, above the cap {cap}")
    candidates = sum(1 for column in model["columns"] if column["role"] in ("candidate", "keep"))
    if nested := model.get("nested"):
        if len(nested["kept"]) > nested["folds"] or max(nested["kept"]) > candidates:
            found.append(f"procedure: nested: {nested}")
        if cap is not None and max(nested["kept"]) > cap:
            found.append(f"procedure: nested keeps {max(nested['kept'])} columns, above the cap {cap}")
    if probe := model.get("probe"):
        total = probe["mean_kept"] * probe["draws"]
        if abs(total - round(total)) > 1e-6 or not 0 <= probe["false_alarms"] <= min(probe["draws"], round(total)):
            found.append(f"procedure: probe: {probe}")
        if cap is not None and probe["mean_kept"] > cap:
            found.append(f"procedure: probe keeps {probe['mean_kept']} columns on average, above the cap {cap}")
    return found


def _ledger(content, model):
    """The ledger tells of the same columns as the model."""
    text = content.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    rows = list(csv.DictReader(text))
    found = []
    if [(int(r["index"]), r["status"]) for r in rows] != [(c["index"], c["status"]) for c in model["columns"]]:
        found.append("ledger: not the columns and statuses of the model")
    for row in rows:
        for key in ("entry_lambda", "coefficient", "standardized_coefficient"):
            if row[key] and not math.isfinite(float(row[key])):
                found.append(f"nan: ledger: {key} of column {row['index']} is {row[key]}")
    return found


def _unchecked(program, case, folder, limit, first):
    """The same without --nested and --probe chooses the same."""
    outcome = running.run(_command(program, case, _fresh(folder), 1, False, checks=False), folder, limit)
    plain = _outputs(folder)
    if outcome.status != 0:
        return [f"procedure: without --nested and --probe status {outcome.status}"]
    found = []
    if plain["out.csv"] != first["out.csv"]:
        found.append("procedure: other columns with --nested or --probe than without")
    one, other = json.loads(first["model.json"]), json.loads(plain["model.json"])
    one.pop("nested", None), one.pop("probe", None)
    if "cross_validation" in other:
        if one != other:
            found.append("procedure: another model with --nested or --probe than without")
    elif not _alike(one, other):
        # A rule without folds sums the rows in one go: the last digits may differ, and no more.
        found.append("procedure: another choice with --nested or --probe than without")
    return found


def _alike(one, other):
    """Whether two models keep the same columns at the same lambda, but for rounding."""
    near = lambda a, b: a == b or (a is not None and b is not None and abs(a - b) <= 1e-6 * max(abs(a), abs(b)))
    return (one["kept"] == other["kept"] and near(one["choice"]["lambda"], other["choice"]["lambda"])
            and one["choice"]["step"] == other["choice"]["step"])


def _written(program, case, folder, limit, first):
    """The laws of what a successful run wrote."""
    try:
        model = json.loads(first["model.json"], parse_constant=_refuse_constant)
    except ValueError as error:
        return [f"nan: model: no valid JSON: {error}"]
    found = _model(model, case) + _procedure(model, case) + _ledger(first["ledger.csv"], model)
    places = [column["index"] for column in model["columns"] if column["status"] == "kept"]
    if "--no-target" in case.options:
        places = [place for place in places if place not in case.target.places]
    if len(model["written"]) != len(places):
        found.append("subset: `written` has other columns than the statuses")
    content = case.table.path.read_bytes()
    if places:
        if broken := subset.fault(content, first["out.csv"], places, case.table.delimiter, "--ragged" in case.options):
            found.append(f"subset: {broken}")
    again = [program, "apply", folder / "model.json", case.table.path, "-o", folder / "again.csv"]
    again += case.table.dialect
    extra = [word for word in ("--no-target",) if word in case.options]
    extra += ["--ragged", "skip"] if "--ragged" in case.options else []
    outcome = running.run(again + extra, folder, limit)
    if outcome.status != 0:
        found.append(f"apply: status {outcome.status}: {outcome.said.strip()[:120]!r}")
    elif (folder / "again.csv").read_bytes() != first["out.csv"]:
        found.append("apply: writes other bytes than select")
    return found


def try_case(program, case, folder):
    """Runs a case by file and by pipe, with one thread and two, and without its checks; applies its model."""
    limit = running.budget(case.table)
    one, two = folder / "one", folder / "two"
    file = running.run(_command(program, case, _fresh(one), 1, False), one, limit)
    result = Result(case, file.status, file.cpu, 1, ended(file, limit, "file, 1 thread"))
    first = _outputs(one)
    if any(fault.startswith(("hang", "crash")) for fault in result.faults):
        return result
    if file.status == 0:
        result.faults += _summary(file, float(case.value("--tol") or 1e-7))
        result.faults += _written(program, case, one, limit, first)
    else:
        result.refusal = spoken(file, case).strip()
        if any(content is not None for content in first.values()):
            result.faults.append("refusal: something was written all the same")
    pipe = running.run(_command(program, case, _fresh(two), 2, True), two, 2 * limit, pipe=case.table.path)
    result.processes = 3 if file.status == 0 else 2
    result.faults += ended(pipe, 2 * limit, "pipe, 2 threads") if pipe.status != file.status else []
    if pipe.status != file.status:
        result.faults.append(f"threads: status {pipe.status} by pipe with 2 threads, {file.status} by file with 1")
    elif _outputs(two) != first:
        other = [name for name, content in _outputs(two).items() if content != first[name]]
        result.faults.append(f"threads: other bytes by pipe with 2 threads than by file with 1: {' '.join(other)}")
    elif spoken(pipe, case) != spoken(file, case):
        result.faults.append("threads: another summary by pipe with 2 threads than by file with 1")
    if case.checks and file.status == 0:
        result.faults += _unchecked(program, case, two, limit, first)
        result.faults += shadow.faults(program, case, two, limit)
        result.processes += 2
    return result
