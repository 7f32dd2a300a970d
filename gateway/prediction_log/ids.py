"""Time and order in the ids of predictions: UUIDs of version 7 begin with their millisecond (RFC 9562)."""

import uuid
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LAST_MILLISECOND = 2**48 - 1


def time_of(id: str) -> datetime:  # noqa: A002 - the field's own name for it
    """When an id was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp(int(id[:8] + id[9:13], 16) / 1000, UTC)


def lowest_id(moment: datetime) -> str:
    """What no id made from `moment` on sorts before."""
    milliseconds = (moment - EPOCH) // MILLISECOND
    return str(uuid.UUID(int=max(0, min(milliseconds, LAST_MILLISECOND)) << 80))


def is_prediction_id(text: str) -> bool:
    """Whether a text is the id of a prediction in its one written form."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return False
    # Later than the year 9999 is no time.
    return str(found) == text and found.version == 7 and found.int >> 80 < 253_402_300_800_000
