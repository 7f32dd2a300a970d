"""Champion and challenger: the new model against the version that served when it was made."""

from matplotlib.figure import Figure

from contract.jobs.documents import Comparison
from training.report import style
from training.report.comparison.verdict import TEST, Verdict, difference
from training.report.material import Material
from training.report.section import Section, Table
from training.report.words import counted, percent


def section(material: Material) -> Section | None:
    """The section, where a retrain job compared the model with another version."""
    verdict = material.verdict
    if verdict is None:
        return None
    draw = (lambda: _draw(verdict)) if verdict.comparisons else None
    return Section("champion-challenger", "Champion and challenger", sentence(verdict), draw, table(verdict))


def sentence(verdict: Verdict) -> str:
    """What the rule found, what uploaded data say, and what could not be compared."""
    others = [comparison for comparison in verdict.comparisons if comparison.data != TEST]
    return " ".join([verdict.sentence, *_others(others), *_missing(verdict)])


def _others(others: list[Comparison]) -> list[str]:
    if not others:
        return []
    better = sum(comparison.difference >= 0 for comparison in others)
    batches = counted(len(others), "uploaded batch", "uploaded batches")
    return [f"On {better} of {batches} of evaluation data the new model is at least as good."]


def _missing(verdict: Verdict) -> list[str]:
    return [f"Not compared on {_name(data)}: {reason}" for data, reason in verdict.not_compared.items()]


def table(verdict: Verdict) -> Table | None:
    """One row a comparison."""
    if not verdict.comparisons:
        return None
    columns = ("data", "examples", f"version {verdict.champion}", "this model", "difference", "McNemar's p")
    return Table(columns, tuple(_row(comparison) for comparison in verdict.comparisons))


def _row(comparison: Comparison) -> tuple[str, ...]:
    accuracies = (percent(comparison.champion_accuracy, 2), percent(comparison.challenger_accuracy, 2))
    count = f"{comparison.examples:,}"
    return (_name(comparison.data), count, *accuracies, difference(comparison), f"{comparison.p_value:.2g}")


def _name(data: str) -> str:
    return {TEST: "the test set"}.get(data, data.replace("batch:", "batch "))


def _draw(verdict: Verdict) -> Figure:
    """Each comparison's difference in points with its interval; the rule's limit as a line."""
    rows = verdict.comparisons
    figure = style.figure(1.3 + 0.35 * len(rows))
    axes = figure.subplots()
    for place, comparison in enumerate(reversed(rows)):
        low, high = (100 * end for end in comparison.interval)
        colour = style.BLUE if comparison.difference >= 0 else style.RED
        axes.plot([low, high], [place, place], color=colour)
        axes.plot([100 * comparison.difference], [place], "o", color=colour)
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.axvline(-verdict.max_loss_points, color=style.GREY, linestyle="--", label="the rule's limit, on the test set")
    axes.set_yticks(range(len(rows)), [_name(comparison.data)[:24] for comparison in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel(f"points of accuracy more than version {verdict.champion}, with 95 % interval")
    axes.legend(loc="best")
    return figure
