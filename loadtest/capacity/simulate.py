"""A run of a scenario: load, replicas and autoscaler together, second by second; the same seed gives the same run."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from loadtest.capacity.hpa import Autoscaler, by_pods, by_total
from loadtest.capacity.machines import Machines
from loadtest.capacity.outcome import Outcome, Reading
from loadtest.capacity.scenario import CapacityScenario
from loadtest.capacity.serving import Serving

Process = Generator[simpy.Event, Any, None]
BUDGET = 300_000
"""Batches that a run computes at most, where thinning allows it."""
MIN_LANES = 8
"""What is left of a cluster that is thinned."""
LOOKS = 60
"""At the load, to guess how many batches there will be."""


@dataclass(frozen=True)
class Sample:
    """What Prometheus reads at a time."""

    time: float
    in_flight: float
    busy_s: float
    answered: float


class Simulation:
    """One run."""

    def __init__(self, scenario: CapacityScenario, *, seed: int = 0, budget: int = BUDGET) -> None:
        self.scenario = scenario
        self.thinning = thinning(scenario, budget)
        self._env = simpy.Environment()
        self._serving = Serving(self._env, scenario, np.random.default_rng(seed), self.thinning)
        self._machines = Machines(self._env, scenario.cluster, self._resize)
        self._autoscaler: Autoscaler = scenario.scaling.autoscaler()
        self._samples: list[Sample] = []
        self._readings: list[Reading] = []

    def run(self, tell: Callable[[float], None] = lambda _: None) -> Outcome:
        """Run it to the end of the load; `tell` hears each simulated second."""
        scaling, env = self.scenario.scaling, self._env
        self._machines.scale(scaling.start or scaling.min, at_once=True)
        env.process(self._serving.arrivals())
        env.process(self._scrape())
        env.process(self._sync())
        env.process(self._watch(tell))
        env.run(until=self.scenario.load.duration_s)
        serving, machines = self._serving, self._machines
        return Outcome(
            scenario=self.scenario,
            thinning=self.thinning,
            arrived=np.asarray(serving.arrived),
            latencies_s=np.asarray(serving.latencies),
            refused=np.asarray(serving.refused),
            batches=np.asarray(serving.batches),
            readings=tuple(self._readings),
            start_times_s=tuple(machines.start_times),
            cost=machines.cost(),
        )

    def _resize(self) -> None:
        self._serving.resize(self._machines.ready)

    def _watch(self, tell: Callable[[float], None]) -> Process:
        while True:
            now = self._env.now
            self._readings.append(self._read(now))
            self._machines.sweep()
            tell(now)
            yield self._env.timeout(1)

    def _read(self, now: float) -> Reading:
        machines, rate = self._machines, self.scenario.load.rate(now)
        pods, nodes = len(machines.pods), len(machines.nodes)
        return Reading(now, rate, self._serving.in_flight(), machines.ready, pods, nodes)

    def _scrape(self) -> Process:
        while True:
            serving = self._serving
            answered = len(serving.latencies) * self.thinning
            self._samples.append(Sample(self._env.now, serving.in_flight(), serving.busy_s, answered))
            yield self._env.timeout(self.scenario.scaling.scrape_s)

    def _sync(self) -> Process:
        while True:
            yield self._env.timeout(self.scenario.scaling.sync_s)
            current = len(self._machines.pods)
            wanted = self._autoscaler.decide(self._env.now, current, self._recommended(current))
            self._machines.scale(wanted)

    def _recommended(self, current: int) -> int:
        """By the signal that asks for the most; as many as there are where none is used."""
        window = [one for one in self._samples if one.time > self._env.now - self.scenario.scaling.window_s]
        return max(self._by_signal(window, current), default=current)

    def _by_signal(self, window: Sequence[Sample], current: int) -> Iterator[int]:
        scaling, up, down = self.scenario.scaling, self._autoscaler.up, self._autoscaler.down
        first, last = window[0], window[-1]
        seconds = last.time - first.time
        if scaling.in_flight is not None:
            mean = sum(one.in_flight for one in window) / len(window)
            yield by_total(mean, scaling.in_flight, current, up, down)
        if scaling.item_rate is not None and seconds:
            yield by_total((last.answered - first.answered) / seconds, scaling.item_rate, current, up, down)
        if scaling.busy_share is not None and seconds:
            target, ready = scaling.busy_share * self.scenario.service.instances, self._machines.ready
            busy, unready = (last.busy_s - first.busy_s) / seconds, current - ready
            yield by_pods(busy, ready=ready, unready=unready, target=target, current=current, up=up, down=down)


def thinning(scenario: CapacityScenario, budget: int) -> float:
    """For how many real items one stands: 1 for small clusters, more where a run would take too long."""
    replica, scaling = scenario.replica, scenario.scaling
    rates = [scenario.load.rate(scenario.load.duration_s * look / LOOKS) for look in range(LOOKS)]
    batches = 0.0
    for rate in rates:
        replicas = min(scaling.max, max(scaling.min, rate / replica.capacity / 0.7))
        batches += rate / replica.batch(min(rate / replicas, 0.95 * replica.capacity))
    expected = batches / LOOKS * scenario.load.duration_s
    return max(1.0, min(expected / budget, scaling.min * scenario.service.instances / MIN_LANES))
