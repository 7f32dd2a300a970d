"""The scores of each label, as a table and a plot."""

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from contract.metrics import ClassScores
from training.report import style
from training.report.material import Material
from training.report.section import Section, Table
from training.report.words import all_labels, percent, quoted

MOST = 30
"""The plot shows the weakest labels, up to so many; the table shows all."""

Scores = tuple[ClassScores, ...]


def section(material: Material) -> Section:
    """The section."""
    scores, noun = material.evaluation.classes, material.noun
    return Section("classes", "Each label", sentence(scores, noun), lambda: _draw(scores), table(scores, noun))


def sentence(scores: Scores, noun: str = "picture") -> str:
    """Which label is the weakest and why, and which the strongest."""
    weakest, strongest = min(scores, key=lambda label: label.f1), max(scores, key=lambda label: label.f1)
    if strongest.f1 == weakest.f1:
        return f"The F1 of {all_labels(len(scores))} is the same, {weakest.f1:.3f}."
    return (
        f"{quoted(weakest.label)} is the weakest label with an F1 of {weakest.f1:.3f}: {_reason(weakest, noun)}; "
        f"{quoted(strongest.label)} is the strongest with {strongest.f1:.3f}."
    )


def _reason(scores: ClassScores, noun: str) -> str:
    recall, precision = percent(scores.recall), percent(scores.precision)
    if scores.recall < scores.precision:
        return f"it misses more of its own {noun}s (recall {recall}) than it takes of others (precision {precision})"
    if scores.recall > scores.precision:
        return f"it takes more {noun}s of others (precision {precision}) than it misses of its own (recall {recall})"
    return f"precision and recall are both {recall}"


def table(scores: Scores, noun: str = "picture") -> Table:
    """One row a label, in the model's order."""
    columns = ("label", "number", f"{noun}s", "precision", "recall", "F1", "ROC-AUC")
    return Table(columns, tuple(_row(number, label) for number, label in enumerate(scores)))


def _row(number: int, scores: ClassScores) -> tuple[str, ...]:
    area = "–" if scores.roc_auc is None else f"{scores.roc_auc:.4f}"
    figures = (percent(scores.precision), percent(scores.recall), f"{scores.f1:.3f}")
    return (scores.label, str(number), f"{scores.support:,}", *figures, area)


def _draw(scores: Scores) -> Figure:
    # From the bottom up, as the axis goes: the weakest label is on top.
    names = style.plot_labels(tuple(label.label for label in scores))
    shown = sorted(scores, key=lambda label: label.f1)[:MOST][::-1]
    figure = style.figure(1.2 + 0.26 * len(shown))
    axes = figure.subplots()
    rows = range(len(shown))
    axes.hlines(
        rows, [min(s.precision, s.recall) for s in shown], [max(s.precision, s.recall) for s in shown], style.GREY
    )
    axes.plot([s.precision for s in shown], rows, "o", color=style.BLUE, label="precision")
    axes.plot([s.recall for s in shown], rows, "D", color=style.RED, markersize=5, label="recall")
    axes.set_yticks(rows, [names[s.label] for s in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_title(f"The {MOST} weakest of {len(scores)} labels" if len(scores) > MOST else "Weakest label first")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
