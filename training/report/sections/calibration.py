"""Calibration: whether the network is right as often as it says."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.words import counted, percent, points

BINS = 10
CALIBRATED = 0.01
"""An expected calibration error up to this is called small."""
FEWEST, FEWEST_SHARE = 10, 0.01
"""The sentence names no bin with fewer answers, or a smaller share of them: few answers miss by chance."""


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies in one tenth."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean confidence of the answers; 0 without any."""
    accuracy: float
    """Share of right answers; 0 without any."""

    @property
    def gap(self) -> float:
        """By how much the confidence is too high; negative where it is too low."""
        return self.confidence - self.accuracy


Bins = tuple[Bin, ...]


def section(material: Material) -> Section | None:
    """The section, where the answers are known."""
    if material.answers is None:
        return None
    bins = reliability(material.answers.confidence, material.answers.right)
    return Section("calibration", "Calibration", sentence(bins), lambda: _draw(bins))


def reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> Bins:
    """Ten bins of equal width over confidences float32 [n], with how often the answers bool [n] are right."""
    edges = np.linspace(0, 1, BINS + 1)
    places = np.minimum((confidence.astype(np.float64) * BINS).astype(np.int64), BINS - 1)
    return tuple(
        _bin(float(edges[i]), float(edges[i + 1]), confidence[places == i], right[places == i]) for i in range(BINS)
    )


def calibration_error(bins: Bins) -> float:
    """Expected calibration error: the bins' mean distance of confidence and accuracy, weighted by their counts.

    After Naeini, Cooper and Hauskrecht (2015) and Guo et al. (arXiv:1706.04599).
    """
    total = sum(part.count for part in bins)
    return sum(part.count * abs(part.gap) for part in bins) / max(1, total)


def sentence(bins: Bins) -> str:
    """How far confidence and accuracy are apart on average, which way, and where most."""
    total = sum(part.count for part in bins)
    error, overall = calibration_error(bins), sum(part.count * part.gap for part in bins) / total
    size = f"the expected calibration error is {points(error)}"
    known = [part for part in bins if part.count >= max(FEWEST, FEWEST_SHARE * total)]
    worst = max(known or [max(bins, key=lambda part: part.count)], key=lambda part: abs(part.gap))
    if error <= CALIBRATED:
        return f"Confidences can be taken at face value: {size}, and at most {_where(worst)}."
    way = "too high" if overall > 0 else "too low"
    return f"Confidences are {way} by {points(overall)} on average, and {size}; it is worst {_where(worst)}."


def _where(part: Bin) -> str:
    span = f"between {percent(part.low, 0)} and {percent(part.high, 0)}"
    way = "too high" if part.gap > 0 else "too low"
    return (
        f"{span}, where {counted(part.count, 'answer')} with a mean confidence of {percent(part.confidence)} "
        f"are right in {percent(part.accuracy)}: {points(part.gap)} {way}"
    )


def _bin(low: float, high: float, confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> Bin:
    if not len(right):
        return Bin(low, high, 0, 0.0, 0.0)
    return Bin(low, high, len(right), float(confidence.mean(dtype=np.float64)), float(right.mean()))


def _draw(bins: Bins) -> Figure:
    figure = style.figure(5.0, 6.5)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_reliability(upper, [part for part in bins if part.count])
    lower.bar(_middles(bins), [part.count for part in bins], 0.09, color=style.SKY)
    lower.set_ylabel("answers")
    lower.set_xlabel("confidence of the answer")
    lower.set_xlim(0, 1)
    lower.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def _draw_reliability(axes: Axes, bins: list[Bin]) -> None:
    axes.bar(_middles(bins), [part.accuracy for part in bins], 0.09, color=style.BLUE, label="share that is right")
    confidence = [part.confidence for part in bins]
    axes.plot(
        _middles(bins), confidence, "_", color=style.RED, markersize=26, markeredgewidth=3, label="mean confidence"
    )
    axes.plot([0, 1], [0, 1], color=style.GREY, linestyle=":")
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="upper left")


def _middles(bins: Bins | list[Bin]) -> list[float]:
    return [(part.low + part.high) / 2 for part in bins]
