"""ROC curves, one label against the rest."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.sections.ranking import Curve, Series, curves, draw_curves
from training.report.words import percent, quoted


def section(material: Material) -> Section | None:
    """The section, where the answers are known and a curve exists."""
    found = curves(material.answers, material.labels, _rank) if material.answers else []
    return Section("roc", "ROC curves", sentence(found, material.noun), lambda: _draw(found)) if found else None


def sentence(found: list[Curve], noun: str = "picture") -> str:
    """Which label is told from the rest worst and which best; `found` is sorted, the weakest first."""
    worst, best = found[0], found[-1]
    if worst.area == 1.0:
        return f"Each label's {noun}s all get a higher probability for it than any other {noun}."
    share = percent(worst.area, 2)
    chance = f"a {noun} of it gets a higher probability for it than another {noun} in {share} of all pairs"
    if len(found) <= 2:
        return f"{quoted(worst.label)} against the rest: {chance}."
    other = f"for {quoted(best.label)}, the best, it is {percent(best.area, 2)}"
    return f"{quoted(worst.label)} is told from the rest worst: {chance}; {other}."


def _rank(positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> tuple[Series, Series, float]:
    x, y, _ = roc_curve(positive, scores)
    return x, y, float(auc(x, y))


def _draw(found: list[Curve]) -> Figure:
    figure = style.figure(4.2)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=style.GREY, linestyle=":")
    draw_curves(axes, found, "AUC")
    axes.set_xlabel("false positives: share of the others")
    axes.set_ylabel("true positives: share of the label's")
    return figure
