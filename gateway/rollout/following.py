"""Follows the traffic of models, in every gateway."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from contract.errors import TriremeError
from gateway.faults import described
from gateway.rollout.store import RolloutStore
from gateway.rollout.traffic import Traffic

log = logging.getLogger(__name__)

Tell = Callable[[Mapping[str, Traffic]], None]


class TrafficFollower:
    """Reads every model's traffic each `interval_s` seconds and tells it.

    Where the database is away, what was read last stays in force.
    """

    def __init__(self, store: RolloutStore, tell: Tell, *, interval_s: float) -> None:
        self._store = store
        self._tell = tell
        self._interval_s = interval_s
        self._is_away = False

    async def refresh(self) -> None:
        """Read once; never fails."""
        try:
            found = await self._store.all()
        except TriremeError as error:
            self._complain(error.code)
        except Exception as error:  # noqa: BLE001 - a row of a newer program must not end the following
            self._complain(described(error))
        else:
            self._is_away = False
            self._tell(found)

    def _complain(self, why: str) -> None:
        if not self._is_away:
            log.warning("the traffic of models can't be read (%s); the last known one holds", why)
        self._is_away = True

    async def follow(self) -> None:
        """Refresh for ever; to be cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.refresh()
