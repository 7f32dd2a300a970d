"""Counts, distributions and quantiles over time, computed by the database."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.engine import Database
from gateway.errors import FieldError, RequestInvalid
from gateway.history.answers import Bucket, Latency, Live, Statistics, VersionStatistics
from gateway.history.quantiles import FRACTIONS, interpolated, nearest_rank
from gateway.history.query import StatisticsQuery
from gateway.history.records import last_feedback
from gateway.prediction_log.ids import EPOCH
from gateway.prediction_log.tables import PREDICTIONS

DEFAULT_TIME = timedelta(days=1)
DEFAULT_BUCKETS = 60
MAX_BUCKETS = 1000
NICE_S = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 28 * 86_400)

Key = tuple[str, int]
"""A model and a version."""

_VERSION: list[ColumnElement[Any]] = [PREDICTIONS.c.model, PREDICTIONS.c.version]


async def statistics(database: Database, query: StatisticsQuery) -> Statistics:
    """The answer; raises `RequestInvalid` for too many buckets, and `DatabaseUnavailable`."""
    query = _bounded(query)
    step = _step_s(query)
    conditions = [*query.conditions(), PREDICTIONS.c.kind != "file"]
    quantiles = interpolated if database.is_postgresql else nearest_rank
    start = _bucket(step, is_postgresql=database.is_postgresql)
    async with database.transaction() as connection:
        found = (await connection.execute(quantiles(_VERSION, conditions))).mappings().all()
        names = await _names(connection, conditions)
        live = await _live(connection, conditions)
        buckets = (await connection.execute(quantiles([start], conditions).order_by("start"))).mappings().all()
    versions = [_version(row, names, live) for row in sorted(found, key=_key)]
    return Statistics(
        since=query.since,
        until=query.until,
        bucket_s=step,
        predictions=sum(version.predictions for version in versions),
        versions=versions,
        buckets=[_bucket_of(row) for row in buckets],
    )


def _bounded(query: StatisticsQuery) -> StatisticsQuery:
    until = query.until or datetime.now(UTC)
    # No time is before the first one that there is.
    since = query.since or (until - DEFAULT_TIME if until - EPOCH > DEFAULT_TIME else EPOCH)
    if since >= until:
        raise RequestInvalid(FieldError(field="query.since", message="it must be before `until`"))
    return query.model_copy(update={"since": since, "until": until})


def _step_s(query: StatisticsQuery) -> int:
    assert query.since is not None  # noqa: S101 - both were set just now
    assert query.until is not None  # noqa: S101
    seconds = (query.until - query.since).total_seconds()
    step = query.bucket_s or next((nice for nice in NICE_S if seconds / nice <= DEFAULT_BUCKETS), None)
    if step is None:
        step = round(seconds / DEFAULT_BUCKETS)
    if seconds / step > MAX_BUCKETS:
        raise RequestInvalid(
            FieldError(field="query.bucket_s", message=f"that makes more than {MAX_BUCKETS:,} buckets")
        )
    return step


def _bucket(step: int, *, is_postgresql: bool) -> ColumnElement[Any]:
    time = PREDICTIONS.c.time
    seconds = (
        cast(func.floor(func.extract("epoch", time)), BigInteger)
        if is_postgresql
        else cast(func.strftime("%s", time), Integer)
    )
    return (seconds - seconds % step).label("start")


async def _names(
    connection: AsyncConnection, conditions: list[ColumnElement[bool]]
) -> dict[Key, tuple[dict[str, int], dict[str, int]]]:
    columns = [*_VERSION, PREDICTIONS.c.label, PREDICTIONS.c.decision]
    counted = select(*columns, func.count().label("count")).where(*conditions).group_by(*columns)
    found: dict[Key, tuple[dict[str, int], dict[str, int]]] = {}
    for row in (await connection.execute(counted)).mappings():
        for counts, name in zip(found.setdefault(_key(row), ({}, {})), (row["label"], row["decision"]), strict=True):
            if name is not None:
                counts[name] = counts.get(name, 0) + row["count"]
    return found


async def _live(connection: AsyncConnection, conditions: list[ColumnElement[bool]]) -> dict[Key, Live]:
    rows = (await connection.execute(_turned_out(conditions))).mappings()
    return {_key(row): _live_of(row) for row in rows}


def _turned_out(conditions: list[ColumnElement[bool]]) -> Select[Any]:
    said = last_feedback().subquery()
    decision = PREDICTIONS.c.decision

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    return (
        select(
            *_VERSION,
            func.count().label("feedback"),
            count(PREDICTIONS.c.label == said.c.label).label("correct"),
            func.count(decision).label("decisions"),
            count(decision == said.c.label).label("decisions_correct"),
        )
        .join_from(said, PREDICTIONS, PREDICTIONS.c.id == said.c.prediction_id)
        .where(*conditions)
        .group_by(*_VERSION)
    )


def _live_of(row: Mapping[Any, Any]) -> Live:
    return Live(
        feedback=row["feedback"],
        correct=row["correct"],
        accuracy=row["correct"] / row["feedback"],
        decisions_correct=row["decisions_correct"] if row["decisions"] else None,
    )


def _version(
    row: Mapping[Any, Any], names: Mapping[Key, tuple[dict[str, int], dict[str, int]]], live: Mapping[Key, Live]
) -> VersionStatistics:
    nothing = Live(feedback=0, correct=0, accuracy=None, decisions_correct=None)
    labels, decisions = names.get(_key(row), ({}, {}))
    return VersionStatistics(
        model=row["model"],
        version=row["version"],
        predictions=row["predictions"],
        labels=labels,
        decisions=decisions,
        latency_ms=_latency(row),
        live=live.get(_key(row), nothing),
    )


def _bucket_of(row: Mapping[Any, Any]) -> Bucket:
    start = datetime.fromtimestamp(row["start"], UTC)
    return Bucket(start=start, predictions=row["predictions"], latency_ms=_latency(row))


def _latency(row: Mapping[Any, Any]) -> Latency:
    return Latency(**{name: row[name] for name in FRACTIONS})


def _key(row: Mapping[Any, Any]) -> Key:
    return row["model"], row["version"]
