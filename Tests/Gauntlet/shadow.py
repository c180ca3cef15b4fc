"""What the procedure keeps on all rows is what the fit keeps: seen through a shadow fold.

--nested tells how many columns the whole procedure keeps without each fold. A fold of one row, a copy that weighs
1e-9, takes nothing away: without it the procedure has to keep as many columns as the fit does."""

import json

import running

RULES = ("min", "relaxed-min", "aic", "bic", "aicc", "ebic", "k=", "lambda=")
FOLDS = 5
# The folds are the table's own here; weights and folds that were drawn would be others.
TAKEN = ("--folds", "--fold-column", "--fold-by", "--repeats", "--weights", "--missing", "--na")


def _options(case):
    """The case's options, or None where they leave no room for a shadow fold."""
    rule = case.value("--choose") or ""
    # Of several local minima a row of no weight may lead to another.
    if "--penalty-kind" in case.options:
        return None
    if not rule.startswith(RULES) or any(flag in case.options for flag in TAKEN):
        return None
    return [*case.table.dialect, *case.target.options, *case.options]


def _table(content, delimiter):
    """The file with a column of weights and one of folds, and the shadow row; None where it is not plain."""
    if b'"' in content.split(b"\n", 1)[1] or b"\r" in content:
        return None
    lines = [line for line in content.split(b"\n") if line]
    mark = delimiter.encode()
    rows = [line + mark + b"1" + mark + b"f%d" % (i % FOLDS) for i, line in enumerate(lines[1:])]
    shadow = lines[len(lines) // 2] + mark + b"1e-9" + mark + b"shadow"
    return b"\n".join([lines[0] + mark + b"w:gauntlet" + mark + b"f:gauntlet", *rows, shadow]) + b"\n"


def faults(program, case, folder, limit):
    """A sentence where the fit and the procedure without the shadow fold keep other numbers of columns."""
    options = _options(case)
    content = options and _table(case.table.path.read_bytes(), case.table.delimiter)
    if not content:
        return []
    (folder / "shadow.csv").write_bytes(content)
    command = [program, "fit", *options, "--weights", "w:gauntlet", "--fold-column", "f:gauntlet", "--nested",
               "--threads", "1", "-q", folder / "shadow.csv", "-o", folder / "shadow.json"]
    outcome = running.run(command, folder, limit)
    if outcome.status != 0:
        return []
    model = json.loads((folder / "shadow.json").read_text())
    kept, without = len(model["kept"]), model["nested"]["kept"][-1]
    if kept == without:
        return []
    options = " ".join(options)
    return [f"procedure: the fit keeps {kept} columns, the procedure without a fold of weight 1e-9 {without}: "
            f"csvlasso fit {options} with a shadow fold"]
