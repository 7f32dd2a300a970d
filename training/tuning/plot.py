"""A tuning as a Pareto plot: what more throughput costs in accuracy and in latency."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from contract.files import write_atomically
from training.engines.kinds import KINDS
from training.engines.record import Candidate, Tuning
from training.tuning.choice import front
from training.tuning.table import machine

COLOURS = dict(
    zip(
        (kind.name for kind in KINDS),
        ("#0072b2", "#009e73", "#e69f00", "#cc79a7", "#d55e00", "#56b4e9", "#000000"),
        strict=True,
    )
)
"""Okabe and Ito's, which people with colour blindness can tell apart."""
GREY = "#b5b5b5"


def write_plot(tuning: Tuning, path: Path) -> None:
    """Write the plot as a PNG file, in one step."""
    measured = [one for one in tuning.candidates if one.loads and one.accuracy is not None]
    figure = Figure(figsize=(11, 5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _draw(left, tuning, measured, [(one.accuracy or 0) * 100 for one in measured], sign=1)
    left.set_ylabel("test accuracy, % (higher is better)")
    _draw(right, tuning, measured, [one.busiest.p95_ms or 0 for one in measured], sign=-1)
    right.set_ylabel("95th percentile of latency, ms (lower is better)")
    _caption(figure, tuning, measured)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    write_atomically(path, buffer.getvalue())


def _draw(axes: Any, tuning: Tuning, measured: Sequence[Candidate], heights: Sequence[float], *, sign: int) -> None:
    """One panel; `sign` says whether higher (1) or lower (-1) is better."""
    speeds = [one.busiest.throughput for one in measured]
    fit = [index for index, one in enumerate(measured) if one.reason is None]
    leads = dict(zip(fit, front([(speeds[index], sign * heights[index]) for index in fit]), strict=True))
    for index, one in enumerate(measured):
        axes.plot(speeds[index], heights[index], **_marker(one, tuning, leads=leads.get(index, False)))
    line = sorted((speeds[index], heights[index]) for index in fit if leads[index])
    axes.plot(*zip(*line, strict=True), color="#777777", linewidth=1, zorder=1)
    axes.set_xlabel(f"pictures a second, {measured[0].busiest.clients} clients")
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    axes.margins(0.1)


def _marker(one: Candidate, tuning: Tuning, *, leads: bool) -> dict[str, Any]:
    shape = "x" if one.reason else "*" if one.name == tuning.chosen else "o"
    size = {"x": 8, "*": 18, "o": 9}[shape]
    colour = COLOURS[one.kind] if leads or shape != "o" else GREY
    return {"marker": shape, "markersize": size, "color": colour, "linestyle": "none", "zorder": 3 if leads else 2}


def _caption(figure: Figure, tuning: Tuning, measured: Sequence[Candidate]) -> None:
    best = next(one for one in tuning.candidates if one.name == tuning.chosen)
    title = f"{tuning.model} version {tuning.version}; the best is {best.kind}, {best.settings}"
    figure.suptitle(f"{title}\n{machine(tuning)}", fontsize=10)
    there = {one.kind for one in measured}
    marks = [_mark("o", COLOURS[name], name) for name in COLOURS if name in there]
    marks += [
        _mark("o", GREY, "dominated"),
        _mark("x", "#444444", "out"),
        _mark("*", "#444444", "the best"),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), frameon=False, fontsize=9)


def _mark(shape: str, colour: str, label: str) -> Line2D:
    return Line2D([], [], marker=shape, color=colour, linestyle="none", label=label)
