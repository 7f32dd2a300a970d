"""What the judge is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many; raises `ValueError` where that can't be."""

    hits: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.total:
            raise ValueError(f"{self.hits} of {self.total} is no count")

    @property
    def share(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.hits / self.total if self.total else None


NOTHING = Count(0, 0)


@dataclass(frozen=True, slots=True)
class VersionEvidence:
    """What is known of one version since the canary got its current weight."""

    version: int
    errors: Count = NOTHING
    """Failed answers of all: the version was asked, and it failed, was late, away or overloaded."""
    latencies_ms: Sequence[float] = ()
    """Of the newest answers, one a request, in any order."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """The newest answers: by what was decided where the version decides, else by most probable label."""
    confidence: float | None = None
    """Mean probability of the most probable label of the newest answers."""
    correct: Count = NOTHING
    """Right answers of those with feedback."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a canary and of the stable version."""

    canary: VersionEvidence
    stable: VersionEvidence
    agreement: Count = NOTHING
    """Inputs that both answered alike, of those that both answered."""
    duration_s: float = 0.0
    """Seconds since the canary got its current weight."""
