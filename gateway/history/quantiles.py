"""Quantiles of latencies, in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, cast, func, select
from sqlalchemy import Double as DoublePrecision

from gateway.prediction_log.tables import PREDICTIONS

FRACTIONS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

LATENCY = PREDICTIONS.c.latency_ms


def interpolated(groups: list[ColumnElement[Any]], conditions: list[ColumnElement[bool]]) -> Select[Any]:
    """PostgreSQL: the count of each group, and quantiles interpolated between two neighbours (`percentile_cont`)."""
    found = [
        func.percentile_cont(cast(part, DoublePrecision)).within_group(LATENCY).label(name)
        for name, part in FRACTIONS.items()
    ]
    return select(*groups, func.count().label("predictions"), *found).where(*conditions).group_by(*groups)


def nearest_rank(groups: list[ColumnElement[Any]], conditions: list[ColumnElement[bool]]) -> Select[Any]:
    """SQLite, which knows no quantiles: the least latency that so large a part of the group does not exceed."""
    rank = func.row_number().over(partition_by=groups, order_by=LATENCY).label("rank")
    size = func.count().over(partition_by=groups).label("size")
    ranked = select(*groups, LATENCY, rank, size).where(*conditions).subquery()
    names = [ranked.c[group.name] for group in groups]
    found = [
        func.min(case((ranked.c.rank >= cast(ranked.c.size, Float) * part, ranked.c.latency_ms))).label(name)
        for name, part in FRACTIONS.items()
    ]
    return select(*names, func.count().label("predictions"), *found).group_by(*names)
