"""The picture of docs/regularization.md: the diabetes path, and why the L1 ball gives exact zeros.

    python3 scripts/regularization-picture.py [--ours PROGRAM] [--png FILE]

Left, standardized coefficients over λ, from the model that csvlasso writes. Right, the constraint
sets |b₁| + |b₂| ≤ 1 and b₁² + b₂² ≤ 1, each with the contour of one quadratic loss that touches it.
The same matplotlib writes the same bytes: no date and no random id is in the file.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Benchmarks"))

import environments  # noqa: E402

environments.enter("plot")

import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# The loss ½ (b − CENTRE)' CURVATURE (b − CENTRE) of the right panel.
CURVATURE = np.array([[1, 0.4], [0.4, 1]])
CENTRE = np.array([2, 0.6])


def model(ours):
    """The diabetes path down to its smallest λ, as csvlasso fit writes it."""
    sample = ROOT / "samples" / "diabetes.csv"
    done = subprocess.run([ours, "fit", "-y", "y", "--choose", "1se", "--full-path", "-q", sample],
                          check=True, capture_output=True)
    return json.loads(done.stdout)


def draw_path(axes, fit):
    """Coefficient times scale for each column, and the two choices of λ."""
    lambdas = fit["path"]["lambda"]
    scale = {column["name"]: column["scale"] for column in fit["columns"] if "scale" in column}
    ends = []
    for index, (name, values) in enumerate(fit["path"]["coefficients"].items()):
        standardized = np.array(values) * scale[name]
        axes.plot(lambdas, standardized, color=f"C{index}", linewidth=1.4)
        ends.append([standardized[-1], name, f"C{index}"])
    # Labels keep their order and a distance of 3.6 units.
    ends.sort()
    places = [end[0] for end in ends]
    for _ in range(100):
        for i in range(1, len(places)):
            lack = 3.6 - (places[i] - places[i - 1])
            if lack > 0:
                places[i - 1] -= lack / 2
                places[i] += lack / 2
    for place, (_, name, color) in zip(places, ends):
        axes.text(lambdas[-1] / 1.25, place, name, color=color, va="center", fontsize=9)
    for rule in ("1se", "min"):
        chosen = fit["cross_validation"]["lambda_" + rule]
        axes.axvline(chosen, color="0.6", linewidth=0.8, linestyle=":")
        axes.text(chosen, 1.0, rule, color="0.4", ha="center", va="bottom", fontsize=9,
                  transform=axes.get_xaxis_transform())
    axes.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(lambdas[0] * 1.2, lambdas[-1] / 2.4)
    axes.set_xlabel("λ, falling to the right")
    axes.set_ylabel("standardized coefficient")
    axes.set_title("The lasso path of samples/diabetes.csv", fontsize=10, pad=18)


def loss(b):
    """The quadratic loss at b."""
    return (b - CENTRE) @ CURVATURE @ (b - CENTRE) / 2


def contour(level):
    """The ellipse where the loss has this level, points × 2."""
    angle = np.linspace(0, 2 * np.pi, 400)
    root = np.linalg.cholesky(np.linalg.inv(CURVATURE))
    return CENTRE + np.sqrt(2 * level) * (root @ [np.cos(angle), np.sin(angle)]).T


def touching(boundary):
    """The point of a boundary where the loss is smallest."""
    return boundary[np.argmin([loss(point) for point in boundary])]


def draw_balls(axes):
    """Both constraint sets, the least squares solution, and the contours that touch."""
    angle = np.linspace(0, 2 * np.pi, 20_001)
    circle = np.array([np.cos(angle), np.sin(angle)]).T
    diamond = circle / np.abs(circle).sum(axis=1, keepdims=True)
    for ball, color, name, offset in [(diamond, "C0", "L1", (-8, -17)),
                                      (circle, "C1", "L2", (9, -15))]:
        touch = touching(ball)
        axes.fill(*ball[::100].T, facecolor=color, edgecolor=color, alpha=0.25, linewidth=1.2)
        axes.plot(*ball[::100].T, color=color, linewidth=1.2)
        axes.plot(*contour(loss(touch)).T, color=color, linewidth=1, linestyle="--")
        axes.plot(*touch, "o", color=color, markersize=6)
        axes.annotate(f"{name}: ({touch[0]:.2f}, {abs(touch[1]):.2f})", touch, color=color,
                      textcoords="offset points", xytext=offset, fontsize=9,
                      ha="left" if name == "L2" else "right",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8})
    axes.plot(*CENTRE, "+", color="0.2", markersize=9)
    axes.annotate("least squares", CENTRE, textcoords="offset points", xytext=(6, 5), fontsize=9,
                  color="0.2")
    axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.set_aspect("equal")
    axes.set_xlim(-1.2, 3.6)
    axes.set_ylim(-1.5, 2.3)
    axes.set_xlabel("b₁")
    axes.set_ylabel("b₂")
    axes.set_title("A corner gives a zero, a sphere does not", fontsize=10, pad=18)


def main():
    """Fits and draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, default=ROOT / ".build/release/csvlasso")
    parser.add_argument("--png", type=Path, help="draw there, too")
    given = parser.parse_args()
    if not given.ours.exists():
        parser.error(f"no {given.ours}; first: make build")
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False,
                         "svg.hashsalt": "csvlasso", "svg.fonttype": "none"})
    figure, (path, balls) = plt.subplots(1, 2, figsize=(9.6, 4.4))
    draw_path(path, model(given.ours))
    draw_balls(balls)
    figure.tight_layout()
    figure.savefig(ROOT / "docs" / "regularization.svg", metadata={"Date": None})
    if given.png:
        figure.savefig(given.png, dpi=110)


if __name__ == "__main__":
    main()
