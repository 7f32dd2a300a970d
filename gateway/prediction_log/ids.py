"""Time and order in the ids of predictions: UUIDs of version 7 begin with their millisecond (RFC 9562)."""

import uuid
from datetime import UTC, datetime

from contract.moments import EPOCH, lowest_id

__all__ = ["EPOCH", "is_prediction_id", "lowest_id", "time_of"]


def time_of(id: str) -> datetime:  # noqa: A002 - the field's own name for it
    """When an id was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp(int(id[:8] + id[9:13], 16) / 1000, UTC)


def is_prediction_id(text: str) -> bool:
    """Whether a text is the id of a prediction in its one written form."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return False
    # Later than the year 9999 is no time.
    return str(found) == text and found.version == 7 and found.int >> 80 < 253_402_300_800_000
