"""The references of versions, read when they are first asked for."""

import asyncio
from pathlib import Path

from contract.card import VersionCard
from contract.digests import file_digest
from contract.drift.reference import Reference
from contract.errors import VersionDamaged
from contract.names import ModelVersion
from gateway.drift.errors import ReferenceMissing

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
            known = card, await asyncio.to_thread(self._read, card)
            self._known.pop(card.name, None)
            self._known[card.name] = known
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return known[1]

    def _read(self, card: VersionCard) -> Reference:
        if card.reference is None:
            raise ReferenceMissing(f"Version {card.version} of model {card.model!r} has no reference.")
        path = self._repository / card.name.triton_name / card.reference.file
        try:
            digest = file_digest(path)
        except OSError:
            raise ReferenceMissing("The version's reference isn't on this gateway.") from None
        if digest != card.files[card.reference.file]:
            raise VersionDamaged("The version's reference differs from its card.")
        return Reference.read(path)
