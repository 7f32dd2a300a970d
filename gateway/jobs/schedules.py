"""Which schedules are due."""

from datetime import datetime, timedelta

from contract.jobs.schedule import last_tick
from gateway.jobs.history import RetrainHistory

OLDEST = timedelta(days=1)
"""What came longer ago, while no gateway ran, is let go."""


class Schedules:
    """Ticks of models' schedules that no retrain was made of yet.

    Of those that came while no gateway ran, the last one counts, and only where the schedule had worked before: a
    gateway that is new, or a policy, starts nothing by a tick of before.
    """

    def __init__(self, history: RetrainHistory, since: datetime) -> None:
        self._history = history
        self._since = since
        self._done: dict[str, datetime] = {}

    async def due(self, model: str, expression: str, now: datetime) -> datetime | None:
        """The tick that a retrain is to be made of, until `done` is told; raises `DatabaseUnavailable`."""
        tick = last_tick(expression, now)
        if now - tick > OLDEST or self._done.get(model) == tick:
            return None
        if not await self._is_wanted(model, tick):
            self.done(model, tick)
            return None
        # One after the other: a retrain that takes longer than from tick to tick makes no queue.
        return None if await self._history.is_scheduled_one_open(model) else tick

    def done(self, model: str, tick: datetime) -> None:
        """Don't look at this tick again."""
        self._done[model] = tick

    async def _is_wanted(self, model: str, tick: datetime) -> bool:
        last = await self._history.last_scheduled(model)
        return tick > self._since if last is None else tick > last
