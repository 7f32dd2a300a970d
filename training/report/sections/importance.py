"""Permutation importance: what is lost when one column's values are shuffled."""

from matplotlib.figure import Figure

from training.report import style
from training.report.findings import Findings
from training.report.material import Material
from training.report.section import Section, Table
from training.report.words import counted, quoted

MOST = 25
"""The plot shows the columns that matter most, up to so many; the table shows all."""
NOTHING = 5e-4
"""A smaller loss counts as none."""


def section(material: Material) -> Section | None:
    """The section, for tables."""
    findings = material.findings
    if findings is None or not findings.importance:
        return None
    text = sentence(findings)
    return Section("importance", "What the columns are worth", text, lambda: _draw(findings), table(findings))


def sentence(findings: Findings) -> str:
    """Which columns matter most, and how many don't."""
    ordered, metric = _ordered(findings), findings.importance_of
    idle = sum(loss < NOTHING for _, loss in ordered)
    (first, loss), *others = ordered
    if loss < NOTHING:
        return f"No single column is needed: shuffling one costs less than 0.0005 of {metric}."
    text = f"{quoted(first)} is worth most: shuffling its values costs {loss:.3f} of {metric}"
    if others and others[0][1] >= NOTHING:
        text += f", {quoted(others[0][0])} follows with {others[0][1]:.3f}"
    return f"{text}; {_idle(idle, len(ordered))}."


def _idle(idle: int, columns: int) -> str:
    if not idle:
        return f"none of the {columns} columns is idle" if columns > 1 else "it is the only column"
    return f"{idle:,} of {counted(columns, 'column')} cost less than 0.0005 when shuffled alone"


def table(findings: Findings) -> Table:
    """One row a column, the most important first."""
    rows = tuple((name, f"{loss:.4f}") for name, loss in _ordered(findings))
    return Table(("column", f"loss of {findings.importance_of}"), rows)


def _ordered(findings: Findings) -> list[tuple[str, float]]:
    return sorted(findings.importance.items(), key=lambda item: -item[1])


def _draw(findings: Findings) -> Figure:
    ordered = _ordered(findings)
    shown = ordered[:MOST][::-1]
    names = style.plot_labels(tuple(name for name, _ in ordered), 32)
    figure = style.figure(1.0 + 0.24 * len(shown))
    axes = figure.subplots()
    axes.barh(range(len(shown)), [loss for _, loss in shown], color=style.BLUE)
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [names[name] for name, _ in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel(f"loss of {findings.importance_of} when shuffled")
    if len(ordered) > MOST:
        axes.set_title(f"The {MOST} of {len(ordered)} columns that are worth most")
    return figure
