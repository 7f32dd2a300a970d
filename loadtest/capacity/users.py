"""Users who ask for an item, wait for its answer, think, and ask again: they never ask for more than is answered."""

from collections.abc import Callable, Generator
from typing import Any

import simpy
from numpy.random import Generator as Random

from loadtest.capacity.scenario import LoadPart

Process = Generator[simpy.Event, Any, None]
LOOK_S = 0.5
"""How often users come or leave."""


class Users:
    """As many as the load's curve says. None of them is told apart: who is answered doesn't matter."""

    def __init__(
        self, env: simpy.Environment, load: LoadPart, random: Random, thinning: float, ask: Callable[[], None]
    ) -> None:
        self._env = env
        self._load = load
        self._random = random
        self._thinning = thinning
        self._ask = ask
        self._present = self._wanted = 0

    def come_and_go(self) -> Process:
        """Let users come as the load grows; those who are too many leave with their next answer."""
        while True:
            self._wanted = round(self._load.users_at(self._env.now) / self._thinning)
            for _ in range(self._wanted - self._present):
                self._present += 1
                self._env.process(self._think(0.0))
            yield self._env.timeout(LOOK_S)

    def answered(self, count: int, after_s: float = 0.0) -> None:
        """So many of them have their answer, or a refusal, after some time."""
        for _ in range(count):
            if self._present > self._wanted:
                self._present -= 1
            else:
                self._env.process(self._think(after_s))

    def _think(self, after_s: float) -> Process:
        yield self._env.timeout(after_s + float(self._random.uniform(*self._load.think_s)))
        self._ask()
