"""What stands in the columns, and whether the test rows hold the same."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.report import style
from training.report.findings import ColumnFindings, Findings, Values
from training.report.material import Material
from training.report.section import Section, Table
from training.report.words import counted, percent, quoted

MOST = 15
"""The plot shows the numbers that are worth most, up to so many; the table shows all columns."""
APART = 0.25
"""Medians that differ by more than so much of the training rows' middle half are far apart."""


def section(material: Material) -> Section | None:
    """The section, for tables."""
    findings = material.findings
    if findings is None:
        return None
    numbers = _numbers(findings)
    draw = (lambda: _draw(numbers[:MOST])) if numbers else None
    return Section("ranges", "Values of the columns", sentence(findings), draw, table(findings))


def shift(column: ColumnFindings) -> float:
    """How far the median of the test rows lies from that of the training rows, in the width of their middle half."""
    train, test = column.train.quantiles, column.test.quantiles
    if train is None or test is None:
        return 0.0
    width = train[3] - train[1] or train[4] - train[0]
    return abs(test[2] - train[2]) / width if width else 0.0


def sentence(findings: Findings) -> str:
    """Which numbers shift most from training to testing, and whether there are unknown categories."""
    return f"{_shifts(_numbers(findings))}{_unknown(findings.columns)}."


def _shifts(numbers: list[ColumnFindings]) -> str:
    if not numbers:
        return "No column is a number"
    most = max(numbers, key=shift)
    if shift(most) <= APART or most.train.quantiles is None or most.test.quantiles is None:
        return "The test rows hold numbers like those of the training rows: no median lies apart"
    train, test = most.train.quantiles[2], most.test.quantiles[2]
    return (
        f"{quoted(most.name)} differs most between training and testing: its median is {train:.4g} there and "
        f"{test:.4g} here, {percent(shift(most), 0)} of the middle half of the training rows apart"
    )


def _unknown(columns: Sequence[ColumnFindings]) -> str:
    strange = [column for column in columns if column.test.unknown]
    if not strange:
        return ""
    most = max(strange, key=lambda column: column.test.unknown)
    return f"; {quoted(most.name)} is unknown to the recipe in {counted(most.test.unknown, 'test row')}"


def table(findings: Findings) -> Table:
    """One row a column, the most important first."""
    columns = ("column", "type", "missing", "training", "testing")
    return Table(columns, tuple(_row(column) for column in _ordered(findings)))


def _row(column: ColumnFindings) -> tuple[str, ...]:
    missing = percent(column.train.missing / max(1, column.train.rows))
    return (column.name, column.type, missing, _values(column.train), _values(column.test))


def _values(values: Values) -> str:
    if values.quantiles is not None:
        low, _, median, _, high = values.quantiles
        return f"{low:.4g} – {high:.4g}, median {median:.4g}"
    return "–" if values.most is None else f"{values.most} in {percent(values.most_share or 0.0)}"


def _ordered(findings: Findings) -> list[ColumnFindings]:
    return sorted(findings.columns, key=lambda column: -findings.importance.get(column.name, 0.0))


def _numbers(findings: Findings) -> list[ColumnFindings]:
    return [column for column in _ordered(findings) if column.train.quantiles and column.test.quantiles]


def _draw(numbers: list[ColumnFindings]) -> Figure:
    shown = numbers[::-1]
    names = style.plot_labels(tuple(column.name for column in numbers), 32)
    figure = style.figure(1.4 + 0.34 * len(shown))
    axes = figure.subplots()
    for row, column in enumerate(shown):
        _box(axes, row + 0.17, column.train, column.train, style.BLUE)
        _box(axes, row - 0.17, column.test, column.train, style.ORANGE)
    for name, colour in (("train", style.BLUE), ("test", style.ORANGE)):
        axes.barh([0], [0], color=colour, label=name)
    axes.set_yticks(range(len(shown)), [names[column.name] for column in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(-0.1, 1.1)
    axes.set_xticks([0, 1], ["least in training", "greatest in training"])
    axes.set_title("Range, middle half and median of the numbers that are worth most")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _box(axes: Axes, row: float, values: Values, scale: Values, colour: str) -> None:
    if values.quantiles is None or scale.quantiles is None:
        return
    start, width = scale.quantiles[0], scale.quantiles[4] - scale.quantiles[0] or 1.0
    low, first, median, third, high = ((value - start) / width for value in values.quantiles)
    axes.hlines(row, low, high, color=colour, linewidth=1)
    axes.barh(row, third - first, 0.26, left=first, color=colour, alpha=0.6)
    axes.plot(median, row, "|", color=style.BLACK, markersize=8)
