"""Reading predictions of the log: all of a time, or a sample that costs the same however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contract.names import ModelVersion
from gateway.database.engine import Database
from gateway.drift.query import Span
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.tables import PREDICTIONS

SLICES = 50
"""Of equal time, from each of which a sample takes as many predictions."""
PAGE = 1_000
"""Rows of one answer of the database: the event loop takes them apart."""

# As a text: SQLAlchemy would read the JSON on the event loop.
_COLUMNS = (
    PREDICTIONS.c.id,
    PREDICTIONS.c.label,
    PREDICTIONS.c.probability,
    cast(PREDICTIONS.c.features, Text).label("features"),
)


@dataclass
class Sample:
    """Predictions, the oldest first."""

    is_sample: bool
    """Whether there were more."""
    labels: list[str | None] = field(default_factory=list)
    probabilities: list[float | None] = field(default_factory=list)
    features: list[str | None] = field(default_factory=list)
    """JSON objects."""

    def add(self, rows: list[Row[*tuple[Any, ...]]]) -> None:
        """Add rows of `_COLUMNS`."""
        for _, label, probability, features in rows:
            self.labels.append(label)
            self.probabilities.append(probability)
            self.features.append(features)


async def sample(database: Database, name: ModelVersion, span: Span, at_most: int) -> Sample:
    """Predictions of a version in a time, scored files that are one entry not among them.

    Of more than `at_most`, the first ones of each of `SLICES` equal parts of the time. Raises `DatabaseUnavailable`.
    """
    async with database.transaction() as connection:
        found = select(PREDICTIONS.c.id).where(*_conditions(name, span)).limit(at_most + 1).subquery()
        count = await connection.scalar(select(func.count()).select_from(found)) or 0
        taken = Sample(is_sample=count > at_most)
        if taken.is_sample:
            for part in _slices(span):
                await _take(connection, taken, name, part, max(1, at_most // SLICES))
        else:
            await _take(connection, taken, name, span, at_most)
    return taken


async def _take(connection: AsyncConnection, taken: Sample, name: ModelVersion, span: Span, at_most: int) -> None:
    conditions, left = _conditions(name, span), at_most
    while left > 0:
        page = min(PAGE, left)
        wanted = select(*_COLUMNS).where(*conditions).order_by(PREDICTIONS.c.id).limit(page)
        rows = list((await connection.execute(wanted)).all())
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
