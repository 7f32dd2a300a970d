"""One micro-batcher a version."""

import asyncio
from collections.abc import Collection
from functools import partial

from contract.card import VersionCard
from contract.inputs import ImageInput
from contract.names import ModelVersion
from gateway.batching import MicroBatcher
from gateway.inference import ModelServer
from gateway.metrics import Metrics
from gateway.settings import GatewaySettings
from gateway.telemetry.tracing import UNTRACED, Tracing


class Batchers:
    """Makes micro-batchers when they are first asked for, and forgets those of versions that aren't served any more."""

    def __init__(
        self, server: ModelServer, metrics: Metrics, settings: GatewaySettings, tracing: Tracing = UNTRACED
    ) -> None:
        self._server = server
        self._metrics = metrics
        self._settings = settings
        self._tracing = tracing
        self._known: dict[ModelVersion, tuple[VersionCard, MicroBatcher]] = {}

    def of(self, card: VersionCard) -> MicroBatcher:
        """The batcher of a version."""
        known = self._known.get(card.name)
        if known is None or known[0] is not card:
            known = self._known[card.name] = (card, self._new(card))
        return known[1]

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Forget the batchers of versions that are not served any more, once they are idle."""
        self._known = {name: entry for name, entry in self._known.items() if name in served or not entry[1].is_idle}

    async def close(self) -> None:
        """End what is in flight."""
        await asyncio.gather(*(batcher.close() for _, batcher in self._known.values()))

    def _new(self, card: VersionCard) -> MicroBatcher:
        settings = self._settings
        return MicroBatcher(
            partial(self._server.infer, card),
            max_batch_size=card.engine.max_batch_size,
            concurrency=lambda: self._server.concurrency,
            max_queue=settings.max_queue if isinstance(card.input, ImageInput) else settings.max_queued_rows,
            max_wait_s=settings.max_wait_s,
            # Looked up each time: the metric forgets versions that aren't served.
            dropped=lambda: self._metrics.dropped.labels(card.model, str(card.version)).inc(),
            settled=lambda is_answered: self._metrics.count_answer(card.name, is_answered=is_answered),
            tracing=self._tracing,
        )
