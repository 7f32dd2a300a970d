"""Finds drift: reads the log and the reference, and compares them."""

import asyncio
from collections.abc import Collection
from functools import partial

from contract.card import VersionCard
from contract.drift.comparison import compare
from contract.drift.encoding import present
from contract.drift.reference import Reference
from contract.drift.sampling import Sample
from contract.moments import Span
from gateway.database.engine import Database
from gateway.drift.answers import DriftReport, label_shares, report
from gateway.drift.metrics import DriftMetrics
from gateway.drift.references import References
from gateway.drift.sampling import sample
from gateway.errors import Overloaded
from gateway.settings import GatewaySettings

CELLS = 500_000
"""Values that are read at most, so that a wide table's look takes no longer than another's."""
MAX_WAITING = 8


class DriftDetector:
    """Looks at one model after the other."""

    def __init__(self, database: Database, settings: GatewaySettings, metrics: DriftMetrics) -> None:
        self._database = database
        self._rows = settings.drift_rows
        self._at_least = settings.drift_min_rows
        self._hashed = frozenset(settings.log_hashed_columns)
        self._references = References(settings.repository)
        self._metrics = metrics
        self._alone = asyncio.Lock()
        self._waiting = 0

    async def look(self, card: VersionCard, span: Span) -> DriftReport:
        """A version's drift in a time.

        Raises `ReferenceMissing`, `VersionDamaged`, `DatabaseUnavailable`, or `Overloaded` where many wait for a look.
        """
        if self._waiting >= MAX_WAITING:
            raise Overloaded("Too many questions about drift wait.")
        self._waiting += 1
        try:
            async with self._alone:
                return await self._look(card, span)
        finally:
            self._waiting -= 1

    async def watch(self, card: VersionCard, span: Span) -> DriftReport:
        """The same, told to the metrics; for one who looks at each model again and again. Raises as `look`."""
        found = await self.look(card, span)
        self._metrics.set(found)
        return found

    async def _look(self, card: VersionCard, span: Span) -> DriftReport:
        reference = await self._references.of(card)
        at_most = min(self._rows, max(self._at_least, CELLS // len(reference.features)))
        taken = await sample(self._database, card.name, span, at_most)
        compared = partial(_compared, card, reference, taken, span, hashed=self._hashed, at_least=self._at_least)
        return await asyncio.to_thread(compared)


def _compared(
    card: VersionCard, reference: Reference, taken: Sample, span: Span, *, hashed: Collection[str], at_least: int
) -> DriftReport:
    now = present(card, taken, hashed)
    labels = label_shares(reference, reference.label.cells_of(now.label).tolist())
    drift = compare(reference, now, at_least=at_least)
    return report(card.name, span, (len(taken.labels), taken.is_sample), drift, labels)
