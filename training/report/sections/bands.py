"""Risk bands: how many rows fall into each, and how often the positive label happens there."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from contract.decision import Decision
from training.report import style
from training.report.material import Material
from training.report.section import Section, Table
from training.report.sections.two_labels import Ranked
from training.report.words import listed, percent, quoted


@dataclass(frozen=True)
class InBand:
    """The test rows of one band."""

    name: str
    low: float
    high: float
    rows: int
    share: float
    """Of all test rows."""
    rate: float
    """Share of the positive label among them; 0 without any."""
    chance: float
    """Their mean probability; 0 without any."""


def section(material: Material) -> Section | None:
    """The section, where a decision has bands."""
    ranked = Ranked.of(material)
    if ranked is None or ranked.decision is None or not ranked.decision.bands:
        return None
    bands = in_bands(ranked, ranked.decision)
    return Section("bands", "Risk bands", sentence(bands, ranked.label), lambda: _draw(bands, ranked), table(bands))


def in_bands(ranked: Ranked, decision: Decision) -> list[InBand]:
    """Count the rows of each band."""
    ends = np.array([band.below for band in decision.bands])
    places = np.searchsorted(ends[:-1], ranked.chance, "right")
    starts = (0.0, *ends[:-1].tolist())
    return [_band(ranked, places == i, band.name, starts[i], band.below) for i, band in enumerate(decision.bands)]


def _band(ranked: Ranked, inside: "np.typing.NDArray[np.bool_]", name: str, low: float, high: float) -> InBand:
    rows, share = int(inside.sum()), float(inside.mean())
    if not rows:
        return InBand(name, low, high, 0, 0.0, 0.0, 0.0)
    rate, chance = float(ranked.is_positive[inside].mean()), float(ranked.chance[inside].mean())
    return InBand(name, low, high, rows, share, rate, chance)


def sentence(bands: list[InBand], label: str) -> str:
    """Whether the rate rises from band to band, and which bands are empty."""
    filled = [band for band in bands if band.rows]
    falls = [(one, other) for one, other in pairwise(filled) if other.rate < one.rate]
    rate = f"The rate of {quoted(label)}"
    if len(filled) == 1:
        text = f"All rows are in band {quoted(filled[0].name)}, where the rate of {quoted(label)} is "
        return f"{text}{percent(filled[0].rate)}."
    if falls:
        one, other = falls[0]
        text = f"{rate} doesn't rise from band to band: it is {percent(one.rate)} in {quoted(one.name)} and "
        text += f"{percent(other.rate)} in {quoted(other.name)}"
    else:
        first, last = filled[0], filled[-1]
        text = f"{rate} rises from band to band, from {percent(first.rate)} in {quoted(first.name)} to "
        text += f"{percent(last.rate)} in {quoted(last.name)}"
    return f"{text}{_empty(bands)}."


def _empty(bands: list[InBand]) -> str:
    empty = [quoted(band.name) for band in bands if not band.rows]
    return f"; no test row is in {listed(empty)}" if empty else ""


def table(bands: list[InBand]) -> Table:
    """One row a band."""
    rows = tuple(
        (
            band.name,
            f"{percent(band.low)} – {percent(band.high)}",
            f"{band.rows:,}",
            percent(band.share),
            percent(band.rate) if band.rows else "–",
            percent(band.chance) if band.rows else "–",
        )
        for band in bands
    )
    return Table(("band", "probability", "rows", "share", "observed rate", "mean probability"), rows)


def _draw(bands: list[InBand], ranked: Ranked) -> Figure:
    figure = style.figure(3.2)
    shares, rates = figure.subplots(1, 2)
    names = style.plot_labels(tuple(band.name for band in bands), 14)
    places = range(len(bands))
    shares.bar(places, [band.share for band in bands], color=style.SKY)
    shares.set_ylabel("share of the test rows")
    rates.bar(places, [band.rate for band in bands], color=style.RED, label="observed rate")
    rates.plot(places, [band.chance for band in bands], "D", color=style.BLACK, markersize=5, label="mean probability")
    rates.set_ylabel(f"rate of {style.plot_labels((ranked.label,), 18)[ranked.label]}")
    rates.legend(loc="upper left")
    for axes in (shares, rates):
        axes.set_xticks(places, [names[band.name] for band in bands])
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure
