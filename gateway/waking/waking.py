"""Counts who asks for models that may sleep, and tells or holds those who find one asleep."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from contract.card import VersionCard
from contract.names import ModelVersion
from gateway.admission import Admission
from gateway.errors import ModelWaking, Overloaded
from gateway.inference import ModelServer
from gateway.metrics import Metrics
from gateway.waking.settings import WakingSettings

LOOK_S = 0.1
"""Between two looks of one who waits."""


class Waking(Protocol):
    """What requests for predictions pass first."""

    @property
    def is_asleep(self) -> bool:
        """Whether no replica is there and that is no fault."""
        ...

    async def awake(self, card: VersionCard) -> None:
        """Count who asks for a version, and return when a replica is there; raises `ModelWaking`."""
        ...

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Count for these versions from now on."""
        ...


class NeverAsleep:
    """Where models don't sleep."""

    is_asleep = False

    async def awake(self, card: VersionCard) -> None:
        """Return at once."""

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Count nothing."""


class Sleepers:
    """Where an autoscaler takes the last replica of a model that nobody asks for."""

    def __init__(self, server: ModelServer, metrics: Metrics, settings: WakingSettings) -> None:
        self._server = server
        self._metrics = metrics
        self._hold_s = settings.wake_hold_s
        self._retry_s = settings.wake_retry_s
        self._held = Admission(settings.wake_max_held)

    @property
    def is_asleep(self) -> bool:
        """See `Waking`."""
        return not self._server.has_replica

    async def awake(self, card: VersionCard) -> None:
        """See `Waking`; one who waits may be cancelled."""
        self._metrics.asked.labels(card.model, str(card.version)).inc()
        if self.is_asleep and not (self._hold_s and await self._wait()):
            raise ModelWaking(
                f"Model {card.model!r} sleeps while nobody asks for it, and is being woken.",
                retry_after_s=self._retry_s,
            )

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """See `Waking`: from zero, so that the first who asks is a rise, not a new series."""
        for name in served:
            self._metrics.asked.labels(name.model, str(name.version))

    async def _wait(self) -> bool:
        """Whether a replica came in time, and there was room to wait for it."""
        try:
            with self._held.enter():
                async with asyncio.timeout(self._hold_s):
                    while self.is_asleep:  # noqa: ASYNC110 - the replicas tell nobody of their change
                        await asyncio.sleep(LOOK_S)
        except (Overloaded, TimeoutError):
            return False
        return True


def waking_for(server: ModelServer, metrics: Metrics, settings: WakingSettings) -> Waking:
    """What the settings want."""
    return Sleepers(server, metrics, settings) if settings.wake == "on" else NeverAsleep()
