"""The references of versions, read when they are first asked for."""

import asyncio
from pathlib import Path

from contract.card import VersionCard
from contract.drift.reading import read_reference
from contract.drift.reference import Reference
from contract.names import ModelVersion

MOST = 32
"""That are kept in memory."""


class References:
    """Reads and keeps them."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._known: dict[ModelVersion, tuple[VersionCard, Reference]] = {}

    async def of(self, card: VersionCard) -> Reference:
        """A version's reference; raises `ReferenceMissing` or `VersionDamaged`."""
        known = self._known.get(card.name)
        # A version that was removed and published anew is another one.
        if known is None or known[0] is not card:
            known = card, await asyncio.to_thread(read_reference, self._repository, card)
            self._known.pop(card.name, None)
            self._known[card.name] = known
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return known[1]
