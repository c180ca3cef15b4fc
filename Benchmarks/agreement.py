"""Whether cv.glmnet, given our folds and our grid of lambda, chooses the same lambda and columns.

A column `fold` is put behind the rows; csvlasso takes its folds from there, and so does cv.glmnet,
which runs at a tolerance of 1e-12. The grid is that of our model, which ends where the minimum is
certain; with --full-agreement it is the grid to its end, and the choices must be the same still.

Errors are compared down to the smallest, on which the choice rests. Below it, where a path nears
interpolation, glmnet's coordinate descent leaves digits open even at this tolerance; what is found
there is told and not judged.
"""
import json
import subprocess
from dataclasses import dataclass, field
from itertools import islice

import environments
from environments import NotInstallable, last_line
from programs import FLAGS, HERE

FOLDS = 10
TOLERANCE = 1e-5        # relative, of the cross-validated errors
R_LIMIT = 1800          # seconds


@dataclass
class Comparison:
    """What came of it. `fault` is empty where all agrees."""
    rows: int = 0
    lambdas: int = 0
    kept: int = 0
    error: float = 0.0              # largest relative difference of an error, down to lambda_min
    error_below: float = 0.0        # the same, below it
    fault: str = ""
    differences: list = field(default_factory=list)


def with_folds(source, target, rows):
    """Writes the first `rows` rows with a column of folds, and tells how many there were."""
    count = 0
    with open(source) as lines, open(target, "w") as out:
        out.write(next(lines).rstrip("\r\n") + ",fold\n")
        for line in islice(lines, rows):
            # Fibonacci hashing of the row's number: no order in the file can match it
            fold = (count * 2654435769 % 2**32) * FOLDS >> 32
            out.write(f"{line.rstrip()},{fold + 1}\n")
            count += 1
    return count


def ours(data, family, given, *more):
    """Our model of the data, as a dictionary."""
    command = [given.ours, "fit", *FLAGS[family], "--fold-column", "fold", "-q", *more, data]
    done = subprocess.run(command, text=True, capture_output=True, timeout=given.timeout)
    if done.returncode != 0:
        raise ValueError("csvlasso failed: " + last_line(done.stderr))
    return json.loads(done.stdout)


def theirs(data, family, lambdas, given):
    """What cv.glmnet says: points, lambda.min, lambda.1se, kept."""
    grid, out = given.data / "agreement-lambda.txt", given.data / "agreement-glmnet.txt"
    grid.write_text("".join(f"{value!r}\n" for value in lambdas))
    command = [environments.r(), HERE / "agreement.R", data, grid, out, family]
    done = subprocess.run(command, text=True, capture_output=True, timeout=R_LIMIT)
    if done.returncode != 0:
        raise ValueError("cv.glmnet failed: " + last_line(done.stderr))
    points, kept, at = [], [], {}
    for line in out.read_text().splitlines():
        word, *values = line.split(" ")
        if word == "point":
            points.append([float(value) for value in values])
        elif word == "kept":
            kept += [name for name in values if name]
        else:
            at[word] = float(values[0])
    return points, at, kept


def step(lambdas, value):
    """The place of the lambda nearest to `value`."""
    return min(range(len(lambdas)), key=lambda k: abs(lambdas[k] - value))


def compare(table, source, rows, given):
    """Runs both and compares them."""
    data = given.data / f"agreement-{table.name}.csv"
    result = Comparison()
    try:
        result.rows = with_folds(source, data, rows)
        model = ours(data, table.family, given)
        cv = model["cross_validation"]
        lambdas = cv["lambda"]
        if given.full_agreement:
            lambdas = ours(data, table.family, given, "--full-path")["path"]["lambda"]
        points, at, kept = theirs(data, table.family, lambdas, given)
    except (ValueError, NotInstallable, subprocess.TimeoutExpired) as reason:
        result.fault = str(reason) if not isinstance(reason, subprocess.TimeoutExpired) else (
            f"not compared: {reason.cmd[0]} took more than {reason.timeout:g} s")
        return result
    finally:
        data.unlink(missing_ok=True)
    result.lambdas, result.kept = len(points), len(model["kept"])
    if len(points) != len(lambdas):
        result.differences.append(f"{len(lambdas)} lambdas, glmnet {len(points)}")
    errors = [abs(a / b[1] - 1) for a, b in zip(cv["cvm"], points)]
    last = step(lambdas, cv["lambda_min"]) + 1
    result.error, result.error_below = max(errors[:last]), max(errors[last:], default=0)
    if result.error > TOLERANCE:
        result.differences.append(f"cvm differs by {result.error:.1e}")
    for name, word in [("lambda_min", "min"), ("lambda_1se", "1se")]:
        mine, other = step(lambdas, cv[name]), step(lambdas, at[word])
        if mine != other:
            result.differences.append(f"{name} at step {mine + 1}, glmnet {other + 1}")
    if sorted(model["kept"]) != sorted(kept):
        result.differences.append(f"{len(model['kept'])} columns kept, glmnet {len(kept)}; "
                                  f"{len(set(model['kept']) ^ set(kept))} not in both")
    result.fault = "; ".join(result.differences)
    return result
