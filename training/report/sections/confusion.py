"""The confusion matrix."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.words import counted, percent, quoted

NUMBERED = 20
"""Up to so many labels, each cell shows its number."""
NAMED = 120
"""Up to so many labels, the axes name them."""

Matrix = NDArray[np.int64]


@dataclass(frozen=True)
class Confused:
    """The most frequent mistake: `count` of the `support` examples of label `truth` were taken for label `answer`."""

    truth: int
    answer: int
    count: int
    support: int
    back: int
    """How many examples of `answer` were taken for `truth`."""
    ties: int
    """How many other mistakes are as frequent."""


def section(material: Material) -> Section:
    """The section."""
    matrix = np.array(material.evaluation.confusion, np.int64)
    text = sentence(matrix, material.labels, material.noun)
    return Section("confusion-matrix", "Confusion matrix", text, lambda: _draw(matrix, material.labels))


def most_confused(matrix: Matrix) -> Confused | None:
    """The most frequent mistake of a matrix int64 [truth, answer], the first of several; None without any."""
    mistakes = matrix * ~np.eye(len(matrix), dtype=bool)
    if not mistakes.any():
        return None
    truth, answer = (int(place) for place in np.unravel_index(mistakes.argmax(), mistakes.shape))
    count = int(mistakes[truth, answer])
    ties = int((mistakes == count).sum()) - 1
    return Confused(truth, answer, count, int(matrix[truth].sum()), int(matrix[answer, truth]), ties)


def sentence(matrix: Matrix, labels: tuple[str, ...], noun: str = "picture") -> str:
    """Which pair is confused most, and how often."""
    worst, wrong = most_confused(matrix), int(matrix.sum() - np.trace(matrix))
    if worst is None:
        return f"None of the {counted(int(matrix.sum()), f'test {noun}')} is taken for another label."
    truth, answer = quoted(labels[worst.truth]), quoted(labels[worst.answer])
    often = f"{worst.count:,} of {counted(worst.support, noun)}, {percent(worst.count / worst.support)}"
    ties = f" (as often as {counted(worst.ties, 'other mistake')})" if worst.ties else ""
    share = percent(worst.count / wrong)
    return (
        f"The most frequent mistake takes {truth} for {answer}{ties}: {often}, which is {share} of all "
        f"{counted(wrong, 'mistake')}; the other way round it happens {_times(worst.back)}."
    )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _draw(matrix: Matrix, labels: tuple[str, ...]) -> Figure:
    size = len(labels)
    side = float(np.clip(0.42 * size, 2.8, 8.0))
    figure = style.figure(side + 1.3, min(side + 3.0, 10.0))
    axes = figure.subplots()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # The root brings out rare mistakes, which would all look white beside the diagonal.
    shown = axes.imshow(shares, cmap=style.SEQUENTIAL, norm=PowerNorm(0.5, 0, 1), interpolation="nearest")
    axes.grid(visible=False)
    _name_axes(axes, labels)
    if size <= NUMBERED:
        _number_cells(axes, matrix, shares)
    bar = figure.colorbar(shown, ax=axes, format=PercentFormatter(1.0, decimals=0), shrink=0.7)
    bar.set_label("share of the true label")
    return figure


def _name_axes(axes: Axes, labels: tuple[str, ...]) -> None:
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")
    size = len(labels)
    places = range(size if size <= NAMED else 0)
    letters = float(np.clip(220 / size, 4.5, 10))
    names = list(style.plot_labels(labels, 18).values())[: len(places)]
    fits = sum(map(len, names)) <= 24
    axes.set_xticks(places, names, rotation=0 if fits else 90, fontsize=letters)
    axes.set_yticks(places, names, fontsize=letters)


def _number_cells(axes: Axes, matrix: Matrix, shares: NDArray[np.float64]) -> None:
    letters = 9 if len(matrix) <= 12 else 7
    for (row, column), count in np.ndenumerate(matrix):
        colour = "white" if shares[row, column] > 0.35 else style.BLACK
        axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour, fontsize=letters)
