"""The peers' software, each Python peer in an environment of its own.

Environments stand in .build/peers. What cannot be installed is told, not hidden: a peer without its
environment is a row of the report that says why.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".build" / "peers"

# What pip installs. celer 0.7 calls scikit-learn in a way that 1.9 does not take.
PYTHON = {
    "sklearn": ["numpy", "polars", "scikit-learn"],
    "glmnet": ["numpy", "polars", "python-glmnet"],
    "adelie": ["numpy", "polars", "adelie"],
    "celer": ["numpy", "polars", "celer", "scikit-learn==1.6.*"],
    "plot": ["numpy", "matplotlib"],
    "knockpy": ["numpy", "scikit-learn", "knockpy"],
}
R_PACKAGES = ["r-base-core", "r-cran-glmnet", "r-cran-data.table", "r-cran-domc"]


class NotInstallable(Exception):
    """An environment cannot be had; the text says why, in a line."""


def last_line(text):
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"


def run(command):
    """Runs a step of an installation."""
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode != 0:
        raise NotInstallable("not installable: " + last_line(done.stderr or done.stdout))


def python(name):
    """The interpreter of an environment, made when absent or when what it needs has changed.

    Raises NotInstallable.
    """
    folder, wanted = FOLDER / name, PYTHON[name]
    interpreter, stamp = folder / "bin" / "python", folder / "packages"
    if stamp.exists() and stamp.read_text().split() == wanted:
        return interpreter
    print(f"installing {' '.join(wanted)} in {folder.relative_to(ROOT)}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(interpreter), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "install", *wanted])
    stamp.write_text(" ".join(wanted))
    return interpreter


def enter(name):
    """Runs this script again inside an environment, unless that is where it runs."""
    if Path(sys.prefix).resolve() != (FOLDER / name).resolve():
        interpreter = str(python(name))
        os.execv(interpreter, [interpreter, *sys.argv])


def r():
    """Rscript with glmnet, data.table and doMC. Raises NotInstallable."""
    if shutil.which("dpkg-query"):
        run(["sh", str(ROOT / "scripts" / "install-dependencies.sh"), *R_PACKAGES])
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise NotInstallable("not installed: no Rscript")
    return rscript


def versions(name):
    """The versions of an environment's own packages, as text."""
    if name == "r":
        code = ('cat(paste0("R ", getRversion(), ", glmnet ", packageVersion("glmnet"), '
                '", data.table ", packageVersion("data.table"), '
                '", doMC ", packageVersion("doMC")))')
        return subprocess.run(["Rscript", "-e", code], text=True, capture_output=True).stdout
    names = [wanted.split("=")[0] for wanted in PYTHON[name]]
    code = ("import sys; from importlib.metadata import version; "
            "print('Python', sys.version.split()[0] + ', ' + "
            "', '.join(n + ' ' + version(n) for n in sys.argv[1:]))")
    command = [str(python(name)), "-c", code, *names]
    return subprocess.run(command, text=True, capture_output=True).stdout.strip()
