"""Curves as SVG: the same numbers give the same file, and a page that holds it needs nothing else."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH, HEIGHT = 9.0, 3.0
"""Inches; the height is a panel's."""
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    points: Points
    """In the order of their first number; what isn't a number is left out."""


@dataclass(frozen=True)
class Panel:
    """Curves over the same axis."""

    title: str
    x: str
    lines: tuple[Line, ...]
    limit: float | None = None
    """A dashed line, such as what was promised."""
    top: float | None = None
    """The highest value that is shown; else the highest there is."""
    right: float | None = None
    """Where the axis ends; else with the last point."""


def draw(panels: Sequence[Panel]) -> str:
    """The panels below one another."""
    # Texts stay texts; names of parts don't differ from run to run.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "trireme"}):
        figure = Figure(figsize=(WIDTH, HEIGHT * len(panels)), layout="constrained")
        axes = figure.subplots(len(panels), squeeze=False)[:, 0]
        for place, panel in zip(axes, panels, strict=True):
            _fill(place, panel)
        text = io.StringIO()
        # Without the day and the library's version, of which the file would differ.
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def _fill(axes: Axes, panel: Panel) -> None:
    for line in panel.lines:
        axes.plot(*zip(*line.points, strict=True), label=line.name, linewidth=1.2)
    if panel.limit is not None:
        axes.axhline(panel.limit, color="#cb181d", linestyle="--", linewidth=1.2, label="promised")
    axes.set_title(panel.title, loc="left")
    axes.set(xlabel=panel.x, xlim=(0, panel.right), ylim=(0, panel.top))
    axes.grid(alpha=0.3)
    # Beside the title, where no curve is.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
