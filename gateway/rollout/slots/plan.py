"""Which slot is to serve which version; everything here is pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Slot(StrEnum):
    """One of a model's two InferenceServices."""

    A = "a"
    B = "b"

    @property
    def other(self) -> "Slot":
        """The one beside it."""
        return Slot.B if self is Slot.A else Slot.A


@dataclass(frozen=True)
class Observed:
    """What a slot is told to serve."""

    version: int | None = None
    """None where there is no InferenceService, or one that serves something else."""
    is_running: bool = False
    """Whether it isn't stopped."""

    def serves(self, version: int | None) -> bool:
        """Whether it serves this version."""
        return self.is_running and version is not None and self.version == version


Plan = Mapping[Slot, int | None]
"""The version that each slot is to serve; None: it is to be stopped."""


def plan(stable: int, other: int | None, slots: Mapping[Slot, Observed], recent: Collection[int] = ()) -> Plan:
    """What the slots are to serve: `stable` where it is already, and `other` beside it.

    A version that was wanted until a moment ago (`recent`) stays until requests for it have ended, unless its slot is
    needed for another version.
    """
    home = _home(stable, other, slots)
    beside = slots[home.other]
    if other is not None and other != stable:
        return {home: stable, home.other: other}
    lingers = beside.is_running and beside.version in recent and beside.version != stable
    return {home: stable, home.other: beside.version if lingers else None}


def _home(stable: int, other: int | None, slots: Mapping[Slot, Observed]) -> Slot:
    """The stable version's slot: where it is, else where nothing is lost, else the one that `other` is not in."""
    return min(Slot, key=lambda slot: _cost(stable, other, slots[slot]))


def _cost(stable: int, other: int | None, observed: Observed) -> int:
    if observed.serves(stable):
        return 0
    if observed.serves(other):
        return 3
    return 2 if observed.is_running else 1
