"""Gain and lift: how many rows of the positive label the most probable ones hold."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.report import style
from training.report.material import Material
from training.report.section import Section, Table
from training.report.sections.ranking import thin
from training.report.sections.two_labels import Ranked, Series
from training.report.words import percent, quoted

TENTHS = np.arange(1, 11) / 10


def section(material: Material) -> Section | None:
    """The section, for tables with two labels."""
    ranked = Ranked.of(material)
    if ranked is None:
        return None
    return Section("gains", "Gain and lift", sentence(ranked), lambda: _draw(ranked), table(ranked))


def gains(ranked: Ranked) -> Series:
    """Share of the positive rows in the most probable tenth, two tenths … all, float64 [10].

    Rows of one probability count as if they came in random order.
    """
    ends = ranked.ends
    seen = np.concatenate([[0.0], (ends + 1) / len(ranked.chance)])
    return np.asarray(np.interp(TENTHS, seen, np.concatenate([[0.0], ranked.found[ends]])))


def sentence(ranked: Ranked) -> str:
    """What the first tenth and the first half hold."""
    found = gains(ranked)
    return (
        f"The tenth of the rows with the highest probability holds {percent(found[0])} of all {quoted(ranked.label)} "
        f"rows, {found[0] / TENTHS[0]:.1f} times as many as a random tenth; the first half holds {percent(found[4])}."
    )


def table(ranked: Ranked) -> Table:
    """One row a tenth."""
    found = gains(ranked)
    own = np.diff(found, prepend=0.0)
    rate = ranked.is_positive.mean()
    rows = tuple(
        (f"{number}", percent(share * rate * 10), percent(total), f"{share * 10:.2f}", f"{total / part:.2f}")
        for number, (share, total, part) in enumerate(zip(own, found, TENTHS, strict=True), start=1)
    )
    return Table(("tenth", f"rate of {ranked.label}", "gain so far", "lift", "lift so far"), rows)


def _draw(ranked: Ranked) -> Figure:
    figure = style.figure(3.4)
    left, right = figure.subplots(1, 2)
    _draw_gain(left, ranked)
    lift = np.diff(gains(ranked), prepend=0.0) * 10
    right.bar(np.arange(1, 11), lift, color=style.BLUE)
    right.axhline(1, color=style.GREY, linestyle=":")
    right.set_xticks(range(1, 11))
    right.set_xlabel("tenth of the rows, most probable first")
    right.set_ylabel("lift over a random tenth")
    return figure


def _draw_gain(axes: Axes, ranked: Ranked) -> None:
    ends = ranked.ends
    x, y = thin(np.append(0.0, (ends + 1) / len(ranked.chance)), np.append(0.0, ranked.found[ends]))
    axes.plot([0, 1], [0, 1], color=style.GREY, linestyle=":", label="random order")
    axes.plot([0, ranked.is_positive.mean(), 1], [0, 1, 1], color=style.GREY, linestyle="--", label="perfect order")
    axes.plot(x, y, color=style.BLUE, label="this model")
    axes.set_xlabel("share of the rows, most probable first")
    axes.set_ylabel("share of the positive rows found")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="lower right")
