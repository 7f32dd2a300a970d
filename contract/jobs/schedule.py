"""Cron expressions of five fields, in UTC. Needs cronsim."""

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

FIELDS = 5
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def check_schedule(expression: str) -> str:
    """The expression; raises `ValueError` where it is none, or means a day that never comes."""
    if len(expression.split()) != FIELDS:
        raise ValueError("a schedule has five fields: minute, hour, day, month, day of the week")
    try:
        next(CronSim(expression, _ANY_DAY))
    except (CronSimError, StopIteration):
        raise ValueError("the schedule is no cron expression, or never comes") from None
    return expression


def last_tick(expression: str, now: datetime) -> datetime:
    """When a schedule that was checked came last, at the latest now."""
    # The library tells of ticks before a moment, and leaves fractions of a second out.
    after = now.astimezone(UTC).replace(second=0, microsecond=0)
    tick: datetime = next(CronSim(expression, after.replace(second=1), reverse=True))
    return tick
