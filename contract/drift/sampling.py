"""Which predictions of the log a look at drift reads: all of a time, or a sample that costs the same however many.

The statements come from a generator, so that gateways run them on the event loop and jobs without one. Needs
SQLAlchemy.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, Row, Select, Text, Uuid, cast, column, func, select, table

from contract.moments import Span, lowest_id
from contract.names import ModelVersion

SLICES = 50
"""Of equal time, from each of which a sample takes as many predictions."""
PAGE = 1_000
"""Rows of one answer of the database: an event loop takes them apart."""

PREDICTIONS = table(
    "predictions",
    column("id", Uuid(as_uuid=False)),
    column("kind", Text),
    column("model", Text),
    column("version", Integer),
    column("label", Text),
    column("probability", Double),
    column("features", Text),
)
"""What is read of the log's table, which the gateway declares whole."""

# As a text: SQLAlchemy would read the JSON where the rows arrive.
_COLUMNS = (
    PREDICTIONS.c.id,
    PREDICTIONS.c.label,
    PREDICTIONS.c.probability,
    cast(PREDICTIONS.c.features, Text).label("features"),
)

Rows = Sequence[Row[*tuple[Any, ...]]]
Steps = Generator[Select[*tuple[Any, ...]], Rows, "Sample"]
"""Yields statements, is sent the rows of each, and returns the sample."""


@dataclass
class Sample:
    """Predictions, the oldest first."""

    is_sample: bool
    """Whether there were more."""
    labels: list[str | None] = field(default_factory=list)
    probabilities: list[float | None] = field(default_factory=list)
    features: list[str | None] = field(default_factory=list)
    """JSON objects."""

    def add(self, rows: Rows) -> None:
        """Add rows of `_COLUMNS`."""
        for _, label, probability, features in rows:
            self.labels.append(label)
            self.probabilities.append(probability)
            self.features.append(features)


def sampling(name: ModelVersion, span: Span, at_most: int) -> Steps:
    """Predictions of a version in a time, scored files that are one entry not among them.

    Of more than `at_most`, the first ones of each of `SLICES` equal parts of the time.
    """
    found = select(PREDICTIONS.c.id).where(*_conditions(name, span)).limit(at_most + 1).subquery()
    rows = yield select(func.count()).select_from(found)
    taken = Sample(is_sample=rows[0][0] > at_most)
    parts = _slices(span) if taken.is_sample else iter([span])
    for part in parts:
        yield from _taking(taken, name, part, max(1, at_most // SLICES) if taken.is_sample else at_most)
    return taken


def _taking(
    taken: Sample, name: ModelVersion, span: Span, at_most: int
) -> Generator[Select[*tuple[Any, ...]], Rows, None]:
    conditions, left = _conditions(name, span), at_most
    while left > 0:
        page = min(PAGE, left)
        rows = yield select(*_COLUMNS).where(*conditions).order_by(PREDICTIONS.c.id).limit(page)
        taken.add(rows)
        if len(rows) < page:
            return
        left -= page
        conditions = [*_conditions(name, span), PREDICTIONS.c.id > rows[-1].id]


def _conditions(name: ModelVersion, span: Span) -> list[ColumnElement[bool]]:
    columns = PREDICTIONS.c
    return [
        columns.model == name.model,
        columns.version == name.version,
        columns.id >= lowest_id(span.since),
        columns.id < lowest_id(span.until),
        columns.kind != "file",
    ]


def _slices(span: Span) -> Iterator[Span]:
    step = (span.until - span.since) / SLICES
    return (Span(span.since + step * number, span.since + step * (number + 1)) for number in range(SLICES))
