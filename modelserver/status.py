"""What a supervisor says about a version."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a version stands in the server."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class VersionStatus:
    """A version's state, with the reason of a failure.

    The reason may hold Triton's own words, paths included: it is for the person at the machine, never for REST.
    """

    state: State
    reason: str | None = None
    heals: int = 0
    """How often the version was brought back since the server started."""
