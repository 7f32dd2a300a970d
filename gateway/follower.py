"""Keeps the catalogue up to date while the gateway runs."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from gateway.catalogue import Catalogue
from gateway.metrics import Metrics
from gateway.reader import CatalogueReader
from gateway.rollout.traffic import Traffic

log = logging.getLogger(__name__)


class CatalogueFollower:
    """Holds the current catalogue and reads it anew every `interval_s` seconds, off the event loop.

    `on_change` is told of each catalogue that differs from the one before.
    """

    def __init__(
        self, reader: CatalogueReader, metrics: Metrics, *, interval_s: float, on_change: Callable[[Catalogue], None]
    ) -> None:
        self._reader = reader
        self._metrics = metrics
        self._interval_s = interval_s
        self.current = Catalogue()
        self._read = Catalogue()
        self._traffic: Mapping[str, Traffic] = {}
        self._on_change = on_change

    async def refresh(self) -> None:
        """Read once; whatever goes wrong, the last good catalogue stays."""
        try:
            fresh = await asyncio.to_thread(self._reader.read)
        except Exception as error:  # noqa: BLE001 - nothing that lies in a folder may end the following
            self._metrics.catalogue_errors.inc()
            log.warning("the repository can't be read (%s); the last good catalogue holds", type(error).__name__)
            return
        self._read = fresh
        self._update()

    def set_traffic(self, traffic: Mapping[str, Traffic]) -> None:
        """Take these weights from now on."""
        self._traffic = traffic
        self._update()

    async def follow(self) -> None:
        """Refresh for ever; to be cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.refresh()

    def _update(self) -> None:
        fresh = self._read.under(self._traffic)
        if fresh != self.current:
            self._take(fresh)

    def _take(self, fresh: Catalogue) -> None:
        self.current = fresh
        self._metrics.served.clear()
        for model in fresh.published():
            for version in model.served:
                value = 2 if version == model.stable else 1
                self._metrics.served.labels(model.name, str(version)).set(value)
            log.info("model %s: stable %s, served %s", model.name, model.stable, list(model.served))
        self._on_change(fresh)
