"""Calibration of a probability: whether the positive label happens as often as the model says."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.sections.calibration import CALIBRATED, FEWEST, FEWEST_SHARE, Bins, calibration_error, reliability
from training.report.sections.two_labels import Ranked
from training.report.words import counted, percent, points, quoted


def section(material: Material) -> Section | None:
    """The section, for tables with two labels."""
    ranked = Ranked.of(material)
    if ranked is None:
        return None
    bins = reliability(ranked.chance.astype(np.float32), ranked.is_positive)
    return Section("calibration", "Calibration", sentence(bins, ranked.label), lambda: _draw(bins, ranked.label))


def sentence(bins: Bins, label: str) -> str:
    """How far probability and rate are apart on average, which way, and where most."""
    total = sum(part.count for part in bins)
    error, overall = calibration_error(bins), sum(part.count * part.gap for part in bins) / total
    known = [part for part in bins if part.count >= max(FEWEST, FEWEST_SHARE * total)]
    worst = max(known or [max(bins, key=lambda part: part.count)], key=lambda part: abs(part.gap))
    where = (
        f"between {percent(worst.low, 0)} and {percent(worst.high, 0)}, where {counted(worst.count, 'row')} with a "
        f"mean probability of {percent(worst.confidence)} are {quoted(label)} in {percent(worst.accuracy)}"
    )
    if error <= CALIBRATED:
        size = f"the expected calibration error is {points(error)}"
        return f"The probability of {quoted(label)} can be taken at face value: {size}; it is furthest off {where}."
    way = "too high" if overall > 0 else "too low"
    return (
        f"The probability of {quoted(label)} is {way} by {points(overall)} on average, with an expected calibration "
        f"error of {points(error)}; it is furthest off {where}."
    )


def _draw(bins: Bins, label: str) -> Figure:
    figure = style.figure(5.0, 6.5)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    filled = [part for part in bins if part.count]
    upper.plot([0, 1], [0, 1], color=style.GREY, linestyle=":")
    upper.plot([part.confidence for part in filled], [part.accuracy for part in filled], "o-", color=style.BLUE)
    upper.set_ylim(-0.02, 1.02)
    upper.set_ylabel(f"rate of {style.plot_labels((label,), 18)[label]}")
    upper.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    lower.bar([(part.low + part.high) / 2 for part in bins], [part.count for part in bins], 0.09, color=style.SKY)
    lower.set_ylabel("rows")
    lower.set_xlabel("mean probability of the rows in a tenth")
    lower.set_xlim(0, 1)
    lower.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure
