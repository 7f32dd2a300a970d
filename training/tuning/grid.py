"""What is tried: first every kind of engine as it comes, then the best few with other settings too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from training.engines.kinds import Kind, Settings

MAX_INSTANCES = 8
"""Each instance is a process with a copy of the network."""


@dataclass(frozen=True)
class Entry:
    """A kind of engine with settings."""

    kind: Kind
    settings: Settings

    @property
    def name(self) -> str:
        """A name for the table and for Triton."""
        some = self.settings
        wait = f"-d{some.queue_delay_us}" if some.queue_delay_us else ""
        return f"{self.kind.name}-i{some.instances}-t{some.threads or 'all'}-b{some.max_batch_size}{wait}"


@dataclass(frozen=True)
class Effort:
    """How much is tried, and how long."""

    clients: tuple[int, ...] = (1, 8, 64)
    """Numbers of requests in flight; the last, the busiest, decides."""
    seconds: float = 2.0
    """Of each measurement, after a warm-up."""
    rounds: int = 3
    examples: int | None = None
    """Test pictures for the accuracy; None takes all."""
    finalists: int = 2
    """Kinds that are tried with other settings."""
    batching: tuple[tuple[int, int], ...] = ((32, 0), (64, 0), (64, 500))
    """Largest batch, and microseconds that a request may wait for others."""

    @property
    def warm_up_s(self) -> float:
        """Seconds of load before each measurement."""
        return min(0.5, self.seconds)


QUICK = Effort(clients=(1, 32), seconds=1.0, rounds=2, examples=2000, finalists=1, batching=((32, 0),))


def first_stage(kinds: Sequence[Kind]) -> list[Entry]:
    """Every kind with the settings that it has untuned."""
    return [Entry(kind, Settings()) for kind in kinds]


def second_stage(kinds: Sequence[Kind], finalists: Sequence[Kind], effort: Effort, cores: int) -> list[Entry]:
    """The finalists with every choice of settings, the simplest first; the other kinds run along as they come.

    So all candidates that may be chosen are measured in the same rounds.
    """
    choices = {kind: _settings(effort, cores) if kind in finalists else [Settings()] for kind in kinds}
    return [Entry(kind, settings) for kind, some in choices.items() for settings in some]


def _settings(effort: Effort, cores: int) -> Iterator[Settings]:
    for (instances, threads), (batch, delay) in product(placements(cores), effort.batching):
        yield Settings(instances, threads, batch, delay)


def placements(cores: int) -> list[tuple[int, int]]:
    """Instances and the threads of each: one with all cores, then as many as there are cores, with one thread each."""
    if cores == 1:
        return [(1, 0)]
    instances = min(cores, MAX_INSTANCES)
    return [(1, 0), (instances, cores // instances)]
