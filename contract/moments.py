"""Moments as bounds of ids: UUIDs of version 7 begin with their millisecond (RFC 9562)."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LAST_MILLISECOND = 2**48 - 1


class Span(NamedTuple):
    """A time, in UTC; its end is not in it."""

    since: datetime
    until: datetime


def lowest_id(moment: datetime) -> str:
    """What no id made from `moment` on sorts before."""
    milliseconds = (moment - EPOCH) // MILLISECOND
    return str(uuid.UUID(int=max(0, min(milliseconds, LAST_MILLISECOND)) << 80))
