"""The feature tables of served versions, loaded in the background while rows sent by value are answered."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from pathlib import Path

from contract.card import VersionCard
from contract.errors import TriremeError
from contract.names import ModelVersion
from gateway.errors import DiskFull, FeatureTableLoading, FeatureTableMissing
from gateway.tables.feature_index import FeatureIndex, cache_name, load, sweep
from gateway.tables.spool import FULL

log = logging.getLogger(__name__)

NOT_LOADED = "The feature table can't be loaded."
RETRY_S = 30.0
"""After which a table that couldn't be loaded is tried again."""


class FeatureTables:
    """Follows the catalogue; looks nothing up by itself."""

    def __init__(self, repository: Path, cache: Path) -> None:
        self._repository = repository
        self._cache = cache
        self._loaded: dict[ModelVersion, tuple[VersionCard, FeatureIndex]] = {}
        self._failed: dict[ModelVersion, TriremeError] = {}
        self._wanted: dict[ModelVersion, VersionCard] = {}
        self._published: frozenset[str] = frozenset()
        self._changed = asyncio.Event()

    def set_cards(self, served: Iterable[VersionCard], published: Iterable[VersionCard]) -> None:
        """Take these versions from now on: what was made of published ones stays, those of served ones are loaded."""
        self._wanted = {card.name: card for card in served if card.feature_table is not None}
        self._published = frozenset(cache_name(card) for card in published if card.feature_table is not None)
        self._loaded = {name: loaded for name, loaded in self._loaded.items() if self._wanted.get(name) is loaded[0]}
        self._changed.set()

    def index(self, card: VersionCard) -> FeatureIndex:
        """A version's table; raises `FeatureTableMissing`, `FeatureTableLoading`, or what its loading raised."""
        if card.feature_table is None:
            raise FeatureTableMissing(f"Version {card.version} of model {card.model!r} has no feature table.")
        if card.name in self._failed:
            failed = self._failed[card.name]
            # Anew: each raising of one exception would lengthen its traceback.
            raise type(failed)(failed.detail)
        if not self._has(card):
            raise FeatureTableLoading
        return self._loaded[card.name][1]

    async def follow(self) -> None:
        """Load what is wanted for ever; to be cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S if self._failed else None):
                    await self._changed.wait()
            self._changed.clear()
            await self._catch_up()

    async def _catch_up(self) -> None:
        self._failed = {}
        for card in list(self._wanted.values()):
            if not self._has(card):
                await self._load(card)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(sweep, self._cache, self._published)

    def _has(self, card: VersionCard) -> bool:
        # A version that was removed and published anew is another one.
        return card.name in self._loaded and self._loaded[card.name][0] is card

    async def _load(self, card: VersionCard) -> None:
        folder = self._repository / card.name.triton_name
        try:
            self._loaded[card.name] = card, await asyncio.to_thread(load, card, folder, self._cache)
        except TriremeError as error:
            self._note(card, error)
        except OSError as error:
            full = DiskFull("The gateway has no room for the feature table.")
            self._note(card, full if error.errno in FULL else TriremeError(NOT_LOADED))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other tables must still be loaded
            log.warning("loading a feature table failed (%s)", type(error).__name__)
            self._note(card, TriremeError(NOT_LOADED))
        else:
            log.info("the feature table of %s is loaded", card.name)

    def _note(self, card: VersionCard, error: TriremeError) -> None:
        log.warning("the feature table of %s can't be loaded (%s)", card.name, error.code)
        self._failed[card.name] = error
