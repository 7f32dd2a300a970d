"""How long a model takes, from wherever that was measured."""

from dataclasses import dataclass

from contract.card import Engine, VersionCard
from loadtest.batch_times import BatchTimes
from loadtest.batching import Replica
from training.engines.record import Candidate, Tuning


@dataclass(frozen=True)
class Service:
    """A replica, and where its times come from."""

    replica: Replica
    source: str
    """A clause for people: `measured by trireme tune on 2026-01-31`."""


def given(single_s: float, batch_s: float | None, *, batch: int, instances: int) -> Service:
    """From times that the caller knows; without one for a full batch, batching is taken to win nothing.

    Raises `TimesInvalid`.
    """
    times = BatchTimes({1: single_s} if batch_s is None or batch == 1 else {1: single_s, batch: batch_s})
    return Service(Replica(times, instances, batch), "given")


def tuned(card: VersionCard, tuning: Tuning, *, is_tuned: bool) -> Service | None:
    """From what `trireme tune` measured; None where it didn't measure the engine that serves.

    A cluster serves a version's fallback, unless it is told to take the tuned engine (`is_tuned`).
    """
    engine = card.engine if is_tuned or card.fallback is None else card.fallback
    found = next((one for one in tuning.candidates if _same(one.engine, engine) and _is_measured(one)), None)
    if found is None:
        return None
    source = f"measured by trireme tune on {tuning.created:%Y-%m-%d}: {found.kind}, {tuning.cores} cores"
    return Service(Replica(_times(found), engine.instances, engine.max_batch_size), source)


def _same(one: Engine, other: Engine) -> bool:
    """Whether two engines compute alike; which machine they are bound to doesn't matter."""
    return one.model_copy(update={"tuned_for": None}) == other.model_copy(update={"tuned_for": None})


def _is_measured(one: Candidate) -> bool:
    return bool(one.loads) and one.loads[0].p50_ms is not None and one.busiest.throughput > 0


def _times(one: Candidate) -> BatchTimes:
    """One picture at a time as it was alone; a full batch as it was under the busiest load."""
    first, engine = one.loads[0], one.engine
    single = (first.p50_ms or 0) / 1000 / max(1, first.clients // engine.instances)
    full = engine.instances * engine.max_batch_size / one.busiest.throughput
    return BatchTimes({1: min(single, full), engine.max_batch_size: full})
