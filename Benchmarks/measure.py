"""One process, measured from start to exit."""
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from environments import last_line

LAUNCH = Path(__file__).resolve().parent / "launch.py"


@dataclass
class Run:
    """What a process took. `fault` is empty where it ended well."""
    seconds: float = 0.0
    cpu: float = 0.0            # user and system, of all its threads and children
    peak: float = 0.0           # MB (10^6 bytes); the largest process where there are several
    fault: str = ""


def measure(command, out, timeout, stdin=subprocess.DEVNULL):
    """Runs `command`, its standard output into the file `out`, for at most `timeout` seconds."""
    errors = Path(f"{out}.err")
    launch = [sys.executable, "-I", "-S", LAUNCH, str(timeout), out, errors, *command]
    told = subprocess.run(launch, stdin=stdin, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, cpu, peak, status, expired = map(float, told.split())
    fault = ""
    if expired:
        fault = f"stopped after {timeout:g} s"
    elif status != 0:
        message = last_line(errors.read_text(errors="replace"))
        fault = f"failed ({status:g}): {message}"
    errors.unlink()
    return Run(seconds, cpu, peak * 1024 / 1e6, fault)
