"""The tries of a search by cross-validation, the best one marked."""

import json
from statistics import pstdev

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.report import style
from training.report.findings import Findings, Try
from training.report.material import Material
from training.report.section import Section, Table
from training.report.words import counted

LISTED = 20
"""The table lists the best tries, up to so many."""
NAMES = {"roc_auc": "ROC-AUC", "accuracy": "accuracy", "f1": "F1", "log_loss": "log loss"}


def section(material: Material) -> Section | None:
    """The section, for tables."""
    findings = material.findings
    if findings is None or not findings.tries:
        return None
    draw = (lambda: _draw(findings)) if len(findings.tries) > 1 else None
    title = "Search" if draw else "Cross-validation"
    return Section("search", title, sentence(findings), draw, table(findings))


def best(findings: Findings) -> int:
    """The place of the best try; the first of several."""
    sign = -1 if findings.metric == "log_loss" else 1
    return max(range(len(findings.tries)), key=lambda place: sign * findings.tries[place].mean)


def sentence(findings: Findings) -> str:
    """What the best try came to, and how far the worst one lies behind."""
    place, metric = best(findings), NAMES[findings.metric]
    chosen = findings.tries[place]
    figures = f"{metric} {_figures(chosen)} over {counted(len(chosen.scores), 'fold')}"
    if len(findings.tries) == 1:
        return f"Cross-validation on the training rows gives {figures}."
    gap = max(abs(one.mean - chosen.mean) for one in findings.tries)
    return (
        f"Try {place + 1} of {len(findings.tries)} was the best, with {figures}; the worst one is {gap:.4f} behind"
        f"{'' if gap > _spread(chosen) else ', less than the folds of the best one differ'}."
    )


def _figures(one: Try) -> str:
    return f"{one.mean:.4f} ± {_spread(one):.4f}"


def _spread(one: Try) -> float:
    return pstdev(one.scores)


def table(findings: Findings) -> Table:
    """The best tries with their parameters."""
    sign = 1 if findings.metric == "log_loss" else -1
    ordered = sorted(enumerate(findings.tries, start=1), key=lambda item: sign * item[1].mean)
    rows = tuple((str(n), _figures(one), f"{one.seconds:.1f}", _parameters(one)) for n, one in ordered[:LISTED])
    return Table(("try", NAMES[findings.metric], "seconds", "parameters"), rows)


def _parameters(one: Try) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in one.parameters.items()) or "the library's own"


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _draw(findings: Findings) -> Figure:
    means = np.array([one.mean for one in findings.tries])
    numbers, place = np.arange(1, len(means) + 1), best(findings)
    figure = style.figure(3.4)
    axes = figure.subplots()
    spreads = [_spread(one) for one in findings.tries]
    axes.errorbar(numbers, means, spreads, fmt="o", color=style.BLUE, ecolor=style.GREY, markersize=4, label="a try")
    keep = np.minimum if findings.metric == "log_loss" else np.maximum
    axes.step(numbers, keep.accumulate(means), where="post", color=style.GREEN, linewidth=1.2, label="best so far")
    axes.plot(numbers[place], means[place], "*", color=style.RED, markersize=14, label="the best")
    axes.set_xlabel("try")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(f"{NAMES[findings.metric]}, mean and deviation of the folds")
    axes.legend(loc="best")
    return figure
