"""Bringing notes to a tracker that may be away."""

import re
import time
from collections import deque
from collections.abc import Callable

from training.tracking.notes import Note, Point
from training.tracking.tracker import Tracker

MAX_FAILURES = 5
"""Failures in a row after which a tracker is told nothing more."""
REST_S = 10.0
"""How long epochs are only kept after the first failure; doubled by each further one."""
MAX_WAITING = 10_000
MAX_REASON = 200
_USER = re.compile(r"(?<=://)[^/@\s]+@")


class Delivery:
    """Keeps a tracker's notes until it took them, in their order.

    `name` is the tracker's for people; `make` makes it, and may fail as all else.
    """

    def __init__(self, name: str, make: Callable[[], Tracker], clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._make = make
        self._clock = clock
        self._tracker: Tracker | None = None
        self._waiting: deque[Note] = deque()
        self._failures = 0
        self._rests_until = 0.0
        self._told = False

    def take(self, note: Note) -> str | None:
        """Deliver a note and those that wait; returns a sentence for people at the first failure, and None else."""
        if self._is_off:
            return None
        self._waiting.append(note)
        if isinstance(note, Point) and self._clock() < self._rests_until:
            return None
        return self._attempt(self._deliver)

    def open(self) -> None:
        """Make the tracker already, which takes seconds; a failure is told with the first note."""
        try:
            self._tracker = self._make()
        except Exception:  # noqa: BLE001 - whatever it is, the first note tries again
            self._tracker = None

    def close(self) -> str | None:
        """Deliver what waits, and close the tracker; returns as `take`."""
        return None if self._is_off else self._attempt(self._close)

    @property
    def _is_off(self) -> bool:
        return self._failures >= MAX_FAILURES or len(self._waiting) >= MAX_WAITING

    def _attempt(self, deliver: Callable[[], None]) -> str | None:
        try:
            deliver()
        except Exception as error:  # noqa: BLE001 - whatever it is, the work must go on
            return self._failed(error)
        self._failures = 0
        return None

    def _deliver(self) -> None:
        while self._waiting:
            self._tracker = self._tracker or self._make()
            self._waiting[0].give_to(self._tracker)
            self._waiting.popleft()

    def _close(self) -> None:
        self._deliver()
        if self._tracker is not None:
            self._tracker.close()

    def _failed(self, error: Exception) -> str | None:
        self._rests_until = self._clock() + REST_S * 2**self._failures
        self._failures += 1
        told, self._told = self._told, True
        return None if told else f"{self._name} is away: {reason(error)}; the work goes on without it."


def reason(error: Exception) -> str:
    """An error as one line, without passwords of addresses and not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = _USER.sub("", text).rstrip(".")
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 1] + "…"
