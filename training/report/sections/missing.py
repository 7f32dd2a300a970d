"""Missing values by column."""

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.report import style
from training.report.findings import ColumnFindings, Findings, Values
from training.report.material import Material
from training.report.section import Section
from training.report.words import counted, percent, points, quoted

MOST = 25
"""The plot shows the columns that miss most, up to so many."""
APART = 0.05
"""Shares in training and testing that differ by more are named."""


def section(material: Material) -> Section | None:
    """The section, for tables."""
    findings = material.findings
    if findings is None:
        return None
    gaps = lacking(findings)
    draw = (lambda: _draw(gaps, len(findings.columns))) if gaps else None
    return Section("missing", "Missing values", sentence(gaps, len(findings.columns)), draw)


def lacking(findings: Findings) -> list[ColumnFindings]:
    """The columns with missing values in training or testing, those with the most first."""
    found = [column for column in findings.columns if column.train.missing or column.test.missing]
    return sorted(found, key=lambda column: -share(column.train))


def share(values: Values) -> float:
    """How many of the values are missing."""
    return values.missing / max(1, values.rows)


def sentence(gaps: list[ColumnFindings], columns: int) -> str:
    """How many columns have missing values, which most, and where training and testing differ."""
    if not gaps:
        return f"No value of the {counted(columns, 'column')} is missing."
    first = gaps[0]
    text = (
        f"{len(gaps):,} of {counted(columns, 'column')} {'has' if len(gaps) == 1 else 'have'} missing values, most of "
    )
    text += f"them {quoted(first.name)} with {percent(share(first.train))} of the training rows"
    apart = max(gaps, key=_gap)
    if _gap(apart) <= APART:
        return f"{text}; the test rows miss about as much."
    return (
        f"{text}; but {quoted(apart.name)} is missing in {percent(share(apart.train))} of the training and "
        f"{percent(share(apart.test))} of the test rows, {points(_gap(apart))} apart."
    )


def _gap(column: ColumnFindings) -> float:
    return abs(share(column.train) - share(column.test))


def _draw(gaps: list[ColumnFindings], columns: int) -> Figure:
    shown = gaps[:MOST][::-1]
    names = style.plot_labels(tuple(column.name for column in gaps), 32)
    figure = style.figure(1.2 + 0.26 * len(shown))
    axes = figure.subplots()
    rows = range(len(shown))
    axes.barh([row + 0.2 for row in rows], [share(c.train) for c in shown], 0.4, color=style.BLUE, label="train")
    axes.barh([row - 0.2 for row in rows], [share(c.test) for c in shown], 0.4, color=style.ORANGE, label="test")
    axes.set_yticks(rows, [names[column.name] for column in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel("share of missing values")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    if len(gaps) > MOST:
        axes.set_title(f"The {MOST} of {columns} columns that miss most")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
