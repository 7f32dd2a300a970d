"""What an experiment needs of what it is tried on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from loadtest.experiment.plan import Replicas

Tell = Callable[[str], None]
"""Hears what is being done."""


@dataclass(frozen=True)
class Signal:
    """A metric as the autoscaler sees it."""

    name: str
    value: float | None
    target: float | None


@dataclass(frozen=True)
class Sample:
    """How the replicas stand now; None: unknown here."""

    wanted: int
    ready: int
    cpu_s: float | None = None
    """Seconds that all replicas have computed so far, together."""
    cpu_cores: float | None = None
    """Processors that they take, where that is known and not the seconds."""
    memory_bytes: float | None = None
    gpu_share: float | None = None
    """Mean use of the GPUs, from 0 to 1."""
    gpu_memory_bytes: float | None = None
    signals: Sequence[Signal] = ()
    hpa: Mapping[str, Any] | None = field(default=None, repr=False)
    """The HorizontalPodAutoscaler as Kubernetes has it."""


@dataclass(frozen=True)
class Happening:
    """Something that happened to the replicas or the autoscaler."""

    time: float
    """Seconds since 1970."""
    kind: str
    """Of what it happened to."""
    name: str
    reason: str
    message: str


class Target(Protocol):
    """Replicas that can be scaled and looked at; a context manager that leaves things as it found them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def urls(self) -> Sequence[str]:
        """Addresses for the users, who spread themselves over them."""
        ...

    def describe(self) -> str:
        """What it is, in a line."""
        ...

    def scale(self, replicas: Replicas, tell: Tell) -> None:
        """Have so many replicas, all ready, or hand the number to the autoscaler. Raises `LoadTestError`."""
        ...

    def sample(self) -> Sample:
        """Look at them; raises `LoadTestError`."""
        ...

    def happenings(self, since: float) -> Sequence[Happening]:
        """What happened since a time, in seconds since 1970."""
        ...
