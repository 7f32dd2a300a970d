"""Precision-recall curves, one label against the rest."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from training.report import style
from training.report.answers import Answers
from training.report.material import Material
from training.report.section import Section
from training.report.sections.ranking import Curve, Series, curves, draw_curves
from training.report.words import percent, quoted

RECALL = 0.9
"""The sentence says what finding this share of a label's examples costs in precision."""


class Cost(NamedTuple):
    """The best precision at which a label reaches a recall of at least 90 %."""

    precision: float
    label: str


def section(material: Material) -> Section | None:
    """The section, where the answers are known and a curve exists."""
    if material.answers is None:
        return None
    found = curves(material.answers, material.labels, _rank)
    text = sentence(costs(material.answers, material.labels), material.noun) if found else ""
    return Section("precision-recall", "Precision and recall", text, lambda: _draw(found)) if found else None


def costs(answers: Answers, labels: tuple[str, ...]) -> list[Cost]:
    """Each label's precision at 90 % recall, the lowest first."""
    present = [(number, label) for number, label in enumerate(labels) if (answers.truth == number).any()]
    return sorted(Cost(_at_recall(answers, number), label) for number, label in present)


def sentence(found: list[Cost], noun: str = "picture") -> str:
    """What precision is left where nine of ten pictures of a label are found."""
    worst, best, share = found[0], found[-1], percent(RECALL, 0)
    price = f"one must accept a precision of {percent(worst.precision)}"
    text = f"To find {share} of the {quoted(worst.label)} {noun}s {price}"
    if worst.precision == best.precision:
        return f"{text}, and for any other label the same."
    lowest = ", the lowest of all labels" if len(found) > 2 else ""
    return f"{text}{lowest}; for {quoted(best.label)} it is {percent(best.precision)}."


def _at_recall(answers: Answers, number: int) -> float:
    precision, recall, _ = precision_recall_curve(answers.truth == number, answers.probabilities[:, number])
    return float(precision[recall >= RECALL].max())


def _rank(positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> tuple[Series, Series, float]:
    precision, recall, _ = precision_recall_curve(positive, scores)
    return recall, precision, float(average_precision_score(positive, scores))


def _draw(found: list[Curve]) -> Figure:
    figure = style.figure(4.2)
    axes = figure.subplots()
    axes.axvline(RECALL, color=style.GREY, linestyle=":")
    draw_curves(axes, found, "AP")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("recall: share of the label's that is found")
    axes.set_ylabel("precision: share of the found that is right")
    return figure
