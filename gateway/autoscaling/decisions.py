"""What an autoscaler decided: found in what was seen of it, and in its events."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.autoscaling.reading import Reading

SLACK_S = 30.0
"""An event and the look that saw its decision are no further apart."""
NEW_SIZE = re.compile(r"New size: (\d+); reason: (.*)", re.DOTALL)
RESCALED = "SuccessfulRescale"


@dataclass(frozen=True)
class Event:
    """An event of Kubernetes about an autoscaler."""

    time: float
    """Seconds since 1970, of its last occurrence."""
    type: str
    """`Normal` or `Warning`."""
    reason: str
    message: str

    @property
    def size(self) -> int | None:
        """Replicas that it tells of; None for other events."""
        found = NEW_SIZE.match(self.message) if self.reason == RESCALED else None
        return None if found is None else int(found[1])

    @property
    def why(self) -> str:
        """What it names as the reason for the new size; empty for other events."""
        found = NEW_SIZE.match(self.message)
        return "" if found is None else found[2]


@dataclass(frozen=True)
class Decision:
    """A new number of replicas."""

    time: float
    before: int | None
    """None: not seen."""
    after: int
    reading: Reading | None
    """What it was decided on; None where nobody looked in time."""
    why: str
    """Kubernetes' own words; empty: there is no event."""


def decisions(readings: Sequence[Reading], events: Sequence[Event]) -> Sequence[Decision]:
    """In the order of time; `readings` are of one autoscaler, in that order."""
    left = sorted((one for one in events if one.size is not None), key=lambda one: one.time)
    found = [_seen(reading, before, left) for before, reading in _changes(readings)]
    return sorted([*found, *map(_told, left)], key=lambda one: one.time)


def _changes(readings: Sequence[Reading]) -> Iterator[tuple[Reading, Reading]]:
    for before, after in pairwise(readings):
        if after.desired != before.desired or (after.scaled != before.scaled and after.desired != after.current):
            yield before, after


def _seen(reading: Reading, before: Reading, left: list[Event]) -> Decision:
    near = [one for one in left if one.size == reading.desired and abs(one.time - reading.time) <= SLACK_S]
    event = min(near, key=lambda one: abs(one.time - reading.time), default=None)
    if event is not None:
        left.remove(event)
    # A look that came late sees the replicas that the decision made.
    fresh = reading.current != reading.desired
    return Decision(
        time=reading.time if event is None else event.time,
        before=reading.current if fresh else before.desired,
        after=reading.desired,
        reading=reading if fresh else None,
        why="" if event is None else event.why,
    )


def _told(event: Event) -> Decision:
    return Decision(event.time, None, event.size or 0, None, event.why)
