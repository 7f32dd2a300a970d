"""The numbers about a canary, from the prediction log, from feedback, and from the counts of failed answers."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.engine import Database
from gateway.history.records import last_feedback
from gateway.judge.evidence import Count, Evidence, VersionEvidence
from gateway.outcomes.tables import VERSION_OUTCOMES
from gateway.outcomes.tally import start_of
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.tables import PREDICTIONS

SAMPLE = 5000
"""The newest predictions of each version whose latencies and labels are looked at."""

_ANSWER = func.coalesce(PREDICTIONS.c.decision, PREDICTIONS.c.label).label("answer")
"""What a version decides is what its callers act on."""
_SEEN = [
    _ANSWER,
    *(PREDICTIONS.c[name] for name in ("trace_id", "latency_ms", "label", "probability", "input_digest")),
]


async def read_evidence(
    database: Database, model: str, *, canary: int, stable: int, since: datetime, now: datetime
) -> Evidence:
    """What is known since the canary got its current weight, to the minute; raises `DatabaseUnavailable`.

    What other gateways saw in the last ten seconds may not be in it yet.
    """
    async with database.transaction() as connection:
        ours, our_rows = await _version(connection, model, canary, since)
        theirs, their_rows = await _version(connection, model, stable, since)
    duration_s = max(0.0, (now - since).total_seconds())
    return Evidence(ours, theirs, _agreement(our_rows, their_rows), duration_s)


async def _version(
    connection: AsyncConnection, model: str, version: int, since: datetime
) -> tuple[VersionEvidence, Sequence[Row[Any]]]:
    conditions = _logged(model, version, since)
    rows = (await connection.execute(_newest(conditions))).all()
    probabilities = [row.probability for row in rows if row.probability is not None]
    found = VersionEvidence(
        version=version,
        errors=await _count(connection, _outcomes(model, version, since)),
        latencies_ms=_latencies(rows),
        labels=Counter(row.answer for row in rows if row.answer is not None),
        confidence=fmean(probabilities) if probabilities else None,
        correct=await _count(connection, _feedback(conditions, since)),
    )
    return found, rows


def _logged(model: str, version: int, since: datetime) -> list[ColumnElement[bool]]:
    columns = PREDICTIONS.c
    return [
        columns.model == model,
        columns.version == version,
        columns.id >= lowest_id(since),
        columns.kind != "file",
    ]


def _newest(conditions: list[ColumnElement[bool]]) -> Select[Any]:
    return select(*_SEEN).where(*conditions).order_by(PREDICTIONS.c.id.desc()).limit(SAMPLE)


def _outcomes(model: str, version: int, since: datetime) -> Select[*tuple[Any, ...]]:
    columns = VERSION_OUTCOMES.c
    return select(
        func.coalesce(func.sum(columns.errors), 0).label("hits"),
        func.coalesce(func.sum(columns.answers), 0).label("total"),
    ).where(columns.model == model, columns.version == version, columns.minute >= start_of(since.astimezone(UTC)))


def _feedback(conditions: list[ColumnElement[bool]], since: datetime) -> Select[*tuple[Any, ...]]:
    said = last_feedback(since=since).subquery()
    return (
        select(func.count(case((said.c.label == _ANSWER, 1))).label("hits"), func.count().label("total"))
        .join_from(said, PREDICTIONS, PREDICTIONS.c.id == said.c.prediction_id)
        .where(*conditions)
    )


async def _count(connection: AsyncConnection, statement: Select[*tuple[Any, ...]]) -> Count:
    row = (await connection.execute(statement)).one()
    return Count(int(row.hits), int(row.total))


def _latencies(rows: Sequence[Row[Any]]) -> list[float]:
    """One a request: the rows of one table that were asked for together have the same."""
    return list({row.trace_id: row.latency_ms for row in rows}.values())


def _agreement(ours: Sequence[Row[Any]], theirs: Sequence[Row[Any]]) -> Count:
    answers = _by_digest(theirs)
    pairs = [(answer, answers[digest]) for digest, answer in _by_digest(ours).items() if digest in answers]
    return Count(sum(our == their for our, their in pairs), len(pairs))


def _by_digest(rows: Sequence[Row[Any]]) -> dict[str, str]:
    """The newest answer to each input; the rows come the newest first."""
    known = (row for row in reversed(rows) if row.input_digest is not None and row.answer is not None)
    return {row.input_digest: row.answer for row in known}
