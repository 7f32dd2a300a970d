"""Counting in memory."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from gateway.clock import utc_now

MOST = 10_000
"""Minutes of versions that are kept while the database is away; then the oldest are let go."""


class Minute(NamedTuple):
    """What a count is of."""

    start: datetime
    model: str
    version: int


class Outcomes(NamedTuple):
    """What became of the inputs of one minute."""

    answers: int
    """All of them."""
    errors: int
    """Those that failed."""


class Tally:
    """Counts what became of each input: a picture, a block of rows, a tensor, or a file."""

    def __init__(self, clock: Callable[[], datetime] = utc_now, *, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._counts: dict[Minute, Outcomes] = {}

    def add(self, model: str, version: int, *, is_answered: bool) -> None:
        """Count one input that a version answered, or failed to."""
        minute = Minute(start_of(self._clock()), model, version)
        known = self._counts.get(minute)
        if known is None and len(self._counts) >= self._most:
            # Entries come in the order of time.
            del self._counts[next(iter(self._counts))]
        answers, errors = known or (0, 0)
        self._counts[minute] = Outcomes(answers + 1, errors + (not is_answered))

    def counts(self) -> dict[Minute, Outcomes]:
        """All that is kept, as it is now."""
        return dict(self._counts)

    def forget(self, minutes: Iterable[Minute]) -> None:
        """Let go of minutes that are over; the current one goes on."""
        current = start_of(self._clock())
        for minute in minutes:
            if minute.start < current:
                self._counts.pop(minute, None)


def start_of(moment: datetime) -> datetime:
    """The beginning of a moment's minute."""
    return moment.replace(second=0, microsecond=0)
