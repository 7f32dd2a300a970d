"""What can be done to a model's traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Begin:
    """Take over a model as it is served: one version is stable, and proven; older ones are retired."""

    version: int
    older: tuple[int, ...] = ()
    previous: int | None = None
    """Which of the older ones to roll back to."""


@dataclass(frozen=True)
class Announce:
    """A published version becomes a candidate."""

    version: int


@dataclass(frozen=True)
class Prove:
    """A loaded version answered its golden examples rightly."""

    version: int


@dataclass(frozen=True)
class Fail:
    """A loaded version answered its golden examples wrongly: it is retired, unless it is all that there is."""

    version: int


@dataclass(frozen=True)
class Canary:
    """A version gets a part of the traffic, or another part: `weight` percent, 1 to 99."""

    version: int
    weight: int


@dataclass(frozen=True)
class Shadow:
    """A version answers copies of requests."""

    version: int


@dataclass(frozen=True)
class Promote:
    """A version becomes stable; the one before stays loaded."""

    version: int


@dataclass(frozen=True)
class Rollback:
    """The canary ends; without one, the stable version before is stable again."""


@dataclass(frozen=True)
class Unload:
    """The version that was stable before needs to stay loaded no more: there is no way back to it at once."""

    version: int


@dataclass(frozen=True)
class Retire:
    """A candidate, shadow or canary is given up."""

    version: int


JUDGE, SMOKE_TEST = "judge", "smoke-test"
"""Rules that decide over versions, as events name them; the judge's own rule follows a colon."""

Action = Begin | Announce | Prove | Fail | Canary | Shadow | Promote | Rollback | Unload | Retire


@dataclass(frozen=True)
class By:
    """Who or which rule does something, on which numbers, and why."""

    who: str
    """A principal's id, or a rule's name."""
    note: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
