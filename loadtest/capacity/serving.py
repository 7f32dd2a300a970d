"""Items that arrive, wait and are computed in batches, as events.

At a large scale each simulated item stands for `thinning` real ones, and each lane for as many instances: arrivals at
random that are split at random are still arrivals at random, so what one lane sees doesn't change. What does change is
how well lanes help each other out: fewer lanes do it a little worse.
"""

from bisect import bisect_right
from collections.abc import Generator
from typing import Any

import numpy as np
import simpy
from numpy.random import Generator as Random

from loadtest.capacity.scenario import CapacityScenario
from loadtest.capacity.users import Users

Process = Generator[simpy.Event, Any, None]
TICK_S = 0.05
"""For how long arrivals are drawn at once."""
EXACT_S = 1e-9
"""Two times that are nearer are the same: a clock of sums of floats isn't exact."""
KEPT = 10_000
"""Items that were taken from the queue before it is cut."""


class Serving:
    """The queue before the replicas, and the lanes that empty it: one for each instance."""

    def __init__(self, env: simpy.Environment, scenario: CapacityScenario, random: Random, thinning: float) -> None:
        self._env = env
        self._scenario = scenario
        self._random = random
        self._thinning = thinning
        times, most = scenario.replica.times, scenario.service.max_batch
        self._seconds = [0.0, *(times.seconds(size) for size in range(1, most + 1))]
        self._delay_s = scenario.service.queue_delay_us / 1e6
        self._queue: list[float] = []
        """Times of arrival, in their order; some may be to come within this tick."""
        self._taken = 0
        """How many of them are computed or done."""
        self._idle: list[simpy.Event] = []
        self._lanes = self._wanted = self._computing = 0
        self._users = Users(env, scenario.load, random, thinning, self._ask) if scenario.load.users else None
        self._start_record()

    def _start_record(self) -> None:
        self.busy_s = 0.0
        """Seconds that instances have computed."""
        self.arrived: list[float] = []
        """When the items arrived that were answered, beside their latencies."""
        self.latencies: list[float] = []
        self.batches: list[int] = []
        self.refused: list[float] = []
        """When the items arrived that found the queue full."""

    def resize(self, replicas: int) -> None:
        """Let so many replicas answer; lanes that are too many end after their batch."""
        instances = replicas * self._scenario.service.instances
        self._wanted = max(1, round(instances / self._thinning)) if instances else 0
        for _ in range(self._wanted - self._lanes):
            self._lanes += 1
            self._env.process(self._lane())
        self._wake(len(self._idle))

    def in_flight(self) -> float:
        """Items that wait or are computed now."""
        return (self._waiting() + self._computing) * self._thinning

    def arrivals(self) -> Process:
        """What arrives, until the load is over."""
        return self._users.come_and_go() if self._users else self._drawn()

    def _drawn(self) -> Process:
        """Draw arrivals, a tick at a time."""
        load = self._scenario.load
        while self._env.now < load.duration_s - EXACT_S:
            now, span = self._env.now, min(TICK_S, load.duration_s - self._env.now)
            rate = load.rate(now + span / 2) / load.items_per_request / self._thinning
            count = int(self._random.poisson(rate * span))
            self._take(np.sort(self._random.uniform(now, now + span, count)).tolist())
            yield self._env.timeout(span)

    def _ask(self) -> None:
        """A user asks for an item."""
        self._take([self._env.now])

    def _take(self, times: list[float]) -> None:
        each = self._scenario.load.items_per_request
        room = int(max(0.0, self._scenario.max_queue / self._thinning - self._waiting()) // each)
        self._queue.extend(time for time in times[:room] for _ in range(each))
        self.refused.extend(time for time in times[room:] for _ in range(each))
        if self._users:
            self._users.answered(len(times[room:]))
        self._wake(len(times))

    def _waiting(self) -> int:
        return bisect_right(self._queue, self._env.now + EXACT_S) - self._taken

    def _wake(self, count: int) -> None:
        for _ in range(min(count, len(self._idle))):
            self._idle.pop().succeed()

    def _lane(self) -> Process:
        while self._lanes <= self._wanted:
            wait_s = self._wait_s()
            if wait_s is None:
                event = self._env.event()
                self._idle.append(event)
                yield event
            elif wait_s > EXACT_S:
                yield self._env.timeout(wait_s)
            else:
                yield from self._compute()
        self._lanes -= 1

    def _wait_s(self) -> float | None:
        """Seconds until a batch is due; None: nothing is to come."""
        if self._taken >= len(self._queue):
            return None
        now, oldest = self._env.now, self._queue[self._taken]
        if oldest > now + EXACT_S or not self._delay_s or self._waiting() >= self._scenario.service.max_batch:
            return oldest - now
        return oldest + self._delay_s - now

    def _compute(self) -> Process:
        size = min(self._waiting(), self._scenario.service.max_batch)
        arrived = self._queue[self._taken : self._taken + size]
        self._taken += size
        if self._taken > KEPT:
            del self._queue[: self._taken]
            self._taken = 0
        seconds = self._seconds[size]
        if self._scenario.service.distribution == "exponential":
            seconds = float(self._random.exponential(seconds))
        self._computing += size
        yield self._env.timeout(seconds)
        self._computing -= size
        self.busy_s += seconds * self._thinning
        self._note(arrived)

    def _note(self, arrived: list[float]) -> None:
        overhead_s = self._scenario.overhead_ms / 1000
        if self._users:
            self._users.answered(len(arrived), overhead_s)
        done = self._env.now + overhead_s
        self.arrived.extend(arrived)
        self.latencies.extend(done - time for time in arrived)
        self.batches.append(len(arrived))
