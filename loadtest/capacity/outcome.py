"""What a run came to, in numbers and sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadtest.capacity.scenario import CapacityScenario

Floats = NDArray[np.float64]
WINDOW_S = 10.0
"""Over which the promise is looked at."""
SHARE = 0.99


@dataclass(frozen=True)
class Reading:
    """One second of a run."""

    time: float
    rate: float
    """Items a second that are meant to arrive."""
    in_flight: float
    ready: int
    """Replicas that answer."""
    pods: int
    """Replicas, those that start among them."""
    nodes: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """All of a run."""

    scenario: CapacityScenario
    thinning: float
    """Real items for each simulated one."""
    arrived: Floats
    """When each item that was answered arrived, in the order of the answers."""
    latencies_s: Floats
    refused: Floats
    """When those arrived that found the queue full."""
    batches: NDArray[np.int64]
    readings: tuple[Reading, ...]
    start_times_s: tuple[float, ...]
    cost: float

    @property
    def answered(self) -> float:
        """Items."""
        return len(self.latencies_s) * self.thinning

    @property
    def refused_share(self) -> float:
        """Of all that were answered or refused."""
        return len(self.refused) / max(1, len(self.refused) + len(self.latencies_s))

    def percentile_ms(self, percent: float) -> float:
        """The latency that so many percent of the answers stayed within; NaN without answers."""
        return float(np.percentile(self.latencies_s, percent) * 1000) if len(self.latencies_s) else float("nan")

    @property
    def cost_per_million(self) -> float:
        """Of a million answers; NaN without answers."""
        return self.cost / self.answered * 1e6 if self.answered else float("nan")

    def windows(self) -> list[tuple[float, float]]:
        """Beginning of each ten seconds, and the p99 of what arrived in them in ms; NaN where nothing was answered."""
        edges = np.arange(0, self.scenario.load.duration_s, WINDOW_S)
        order = np.argsort(self.arrived, kind="stable")
        parts = np.split(self.latencies_s[order], np.searchsorted(self.arrived[order], edges[1:]))
        return [
            (float(start), float(np.percentile(part, SHARE * 100) * 1000) if len(part) else float("nan"))
            for start, part in zip(edges, parts, strict=True)
        ]

    def broken(self) -> list[float]:
        """The beginnings of the windows in which the promise was broken: by waiting, or by refusing."""
        limit = self.scenario.slo_ms
        late = {start for start, p99 in self.windows() if not p99 <= limit}
        return sorted(late | {float(time // WINDOW_S * WINDOW_S) for time in self.refused})

    def document(self) -> dict[str, Any]:
        """For a program."""
        pods = [one.pods for one in self.readings]
        return {
            "name": self.scenario.name,
            "seconds": self.scenario.load.duration_s,
            "answered": round(self.answered),
            "refused_share": self.refused_share,
            "throughput_per_s": self.answered / self.scenario.load.duration_s,
            "latency_ms": {
                f"p{percent}": self.percentile_ms(percent) if self.answered else None for percent in (50, 95, 99)
            },
            "mean_batch": float(self.batches.mean()) if len(self.batches) else None,
            "replicas": {"first": pods[0], "least": min(pods), "most": max(pods), "mean": sum(pods) / len(pods)},
            "start_s": max(self.start_times_s, default=0.0),
            "cost": self.cost,
            "cost_per_million": self.cost_per_million if self.answered else None,
            "thinning": self.thinning,
            "breaks": list(breaks(self)),
            "over_time": [one.__dict__ for one in self.readings],
        }


def breaks(outcome: Outcome) -> Iterator[str]:
    """Where it breaks, a sentence each: in this run, and at which load at the latest."""
    scenario = outcome.scenario
    broken = outcome.broken()
    if broken:
        yield _first(outcome, broken)
    else:
        yield f"The promise of {scenario.slo_ms:g} ms held in each {WINDOW_S:g} s."
    each = scenario.replica.highest_rate((scenario.slo_ms - scenario.overhead_ms) / 1000, SHARE)
    yield (
        f"With all {scenario.scaling.max:,} replicas it breaks above {each * scenario.scaling.max:,.0f} items a second "
        f"(by formula); the load's peak is {scenario.load.peak:,.0f}."
    )


def _first(outcome: Outcome, broken: list[float]) -> str:
    first = broken[0]
    reading = min(outcome.readings, key=lambda one: abs(one.time - first - WINDOW_S / 2))
    if reading.pods >= outcome.scenario.scaling.max and reading.ready == reading.pods:
        why = "all replicas that there may be answered"
    elif reading.ready < reading.pods:
        why = f"{reading.pods - reading.ready:,} of {reading.pods:,} replicas were still starting"
    else:
        why = f"{reading.ready:,} replicas answered, and the autoscaler had not asked for more yet"
    return f"The promise broke in {len(broken):,} windows of {WINDOW_S:g} s, first after {first:g} s: {why}."
