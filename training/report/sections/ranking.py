"""What the ROC and the precision-recall section share: one curve a label, thinned, the weakest ones in colour."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from training.report import style
from training.report.answers import Answers

POINTS = 200
"""A curve keeps at most so many points, which no eye can tell from all of them."""
COLOURED = len(style.PALETTE)
"""The weakest labels, up to so many, have a colour and a name; the others are grey."""

Series = NDArray[np.float64]
Ranked = Callable[[NDArray[np.bool_], NDArray[np.float32]], tuple[Series, Series, float]]


@dataclass(frozen=True)
class Curve:
    """One label against the rest: the curve's points float64 [≤ 200] each, and the area under it."""

    label: str
    name: str
    """The label as plots show it."""
    x: Series
    y: Series
    area: float


def curves(answers: Answers, labels: tuple[str, ...], rank: Ranked) -> list[Curve]:
    """The curve of every label that some but not all test pictures have, the weakest first."""
    found, names = [], style.plot_labels(labels)
    for number, label in enumerate(labels):
        positive = answers.truth == number
        if positive.any() and not positive.all():
            x, y, area = rank(positive, answers.probabilities[:, number])
            found.append(Curve(label, names[label], *thin(x, y), area))
    return sorted(found, key=lambda curve: curve.area)


def thin(x: Series, y: Series, most: int = POINTS) -> tuple[Series, Series]:
    """At most so many of a curve's points, evenly along its length, its ends among them."""
    if len(x) <= most:
        return x, y
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most)).clip(0, len(x) - 1))
    kept[-1] = len(x) - 1
    return x[kept], y[kept]


def draw_curves(axes: Axes, found: list[Curve], unit: str) -> None:
    """Draw the curves in percent, the weakest on top."""
    grey = found[COLOURED:]
    for curve in grey:
        axes.plot(curve.x, curve.y, color=style.GREY, linewidth=0.9)
    for colour, curve in zip(style.PALETTE, found, strict=False):
        axes.plot(curve.x, curve.y, color=colour, label=f"{curve.name} ({unit} {curve.area:.3f})")
    if grey:
        axes.plot([], [], color=style.GREY, label=f"{len(grey)} more ({unit} from {grey[0].area:.3f})")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), title="weakest first", alignment="left")
