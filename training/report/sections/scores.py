"""How the probabilities of two labels' rows are distributed, and where they are furthest apart."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.sections.ranking import thin
from training.report.sections.two_labels import Ranked
from training.report.words import percent, points, quoted

BINS = (10, 40)
"""So many bars, as few rows or many ask for."""


@dataclass(frozen=True)
class Distance:
    """Where the cumulated shares of both labels are furthest apart."""

    chance: float
    found: float
    """Share of the positive rows from there on."""
    taken: float
    """Share of the other rows from there on."""

    @property
    def ks(self) -> float:
        """Kolmogorov and Smirnov's statistic."""
        return abs(self.found - self.taken)


def section(material: Material) -> Section | None:
    """The section, for tables with two labels."""
    ranked = Ranked.of(material)
    if ranked is None:
        return None
    return Section("scores", "Probabilities by label", sentence(ranked), lambda: _draw(ranked))


def distance(ranked: Ranked) -> Distance:
    """The place of the largest distance."""
    ends = ranked.ends
    found, taken = ranked.found[ends], ranked.taken[ends]
    place = int(np.argmax(np.abs(found - taken)))
    return Distance(float(ranked.chance[ends[place]]), float(found[place]), float(taken[place]))


def sentence(ranked: Ranked) -> str:
    """How far the labels are apart, and where."""
    far = distance(ranked)
    shares = (
        f"{percent(far.found)} of the {quoted(ranked.label)} and {percent(far.taken)} of the {quoted(ranked.other)}"
    )
    return (
        f"The labels are told apart best at a probability of {percent(far.chance)}: {shares} rows have it or a higher "
        f"one, a Kolmogorov-Smirnov distance of {points(far.ks)}."
    )


def _draw(ranked: Ranked) -> Figure:
    figure = style.figure(3.4)
    bars, curves = figure.subplots(1, 2)
    _draw_bars(bars, ranked)
    _draw_curves(curves, ranked)
    for axes in (bars, curves):
        axes.set_xlabel(f"probability of {_name(ranked.label)}")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlim(0, 1)
    return figure


def _draw_bars(axes: Axes, ranked: Ranked) -> None:
    edges = np.linspace(0, 1, int(np.clip(np.sqrt(len(ranked.chance)), *BINS)) + 1)
    for label, colour, rows in (
        (ranked.other, style.BLUE, ~ranked.is_positive),
        (ranked.label, style.RED, ranked.is_positive),
    ):
        counts, _ = np.histogram(ranked.chance[rows], edges)
        axes.stairs(counts / rows.sum(), edges, fill=True, color=colour, alpha=0.55, label=_name(label))
    if ranked.decision is not None:
        axes.axvline(ranked.decision.threshold, color=style.BLACK, linestyle="--", linewidth=1, label="threshold")
    axes.set_ylabel("share of the label's rows")
    axes.legend(loc="upper right")


def _draw_curves(axes: Axes, ranked: Ranked) -> None:
    far, ends = distance(ranked), ranked.ends
    for label, colour, share in (
        (ranked.other, style.BLUE, ranked.taken),
        (ranked.label, style.RED, ranked.found),
    ):
        x, y = thin(ranked.chance[ends][::-1], share[ends][::-1])
        axes.plot(x, y, color=colour, label=_name(label))
    axes.plot([far.chance] * 2, [far.taken, far.found], color=style.BLACK, marker="_", label=f"KS {far.ks:.3f}")
    axes.set_ylabel("share with this probability or more")
    axes.legend(loc="upper right")


def _name(label: str) -> str:
    return style.plot_labels((label,), 18)[label]
