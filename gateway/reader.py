"""Reads the catalogue from the disk; everything here blocks."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from contract.card import VersionCard
from contract.errors import TriremeError
from contract.names import ModelVersion
from contract.repository import CARD, ModelRepository
from contract.served import Served, ServedModel
from gateway.catalogue import Catalogue, Model
from gateway.metrics import Metrics

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]
"""Inode, size and time of change: a card whose stamp is the same is not read again."""


ServedSource = Path | Callable[[], Served] | None
"""Where it says what is served: a file, something that knows, or nothing; then every version counts as served."""


class CatalogueReader:
    """Builds catalogues; a damaged card makes its version absent, a damaged list leaves the last good one in force."""

    def __init__(self, repository: Path, served: ServedSource, metrics: Metrics) -> None:
        self._repository = ModelRepository(repository)
        self._source = served
        self._metrics = metrics
        self._served = Served()
        self._cards: dict[ModelVersion, tuple[Stamp, VersionCard | None]] = {}
        self._list_broken = False

    def read(self) -> Catalogue:
        """Read what changed since the last time; raises `OSError` where the repository can't be listed."""
        self._forget_but(set(self._repository.all_versions()))
        cards: dict[str, dict[int, VersionCard]] = {}
        for name, (_, card) in self._cards.items():
            if card is not None:
                cards.setdefault(name.model, {})[name.version] = card
        return _catalogue(cards, self._read_served(cards))

    def _forget_but(self, present: set[ModelVersion]) -> None:
        cards = {name: self._refreshed(name) for name in sorted(present)}
        self._cards = {name: entry for name, entry in cards.items() if entry is not None}

    def _refreshed(self, name: ModelVersion) -> tuple[Stamp, VersionCard | None] | None:
        try:
            found = (self._repository.folder(name) / CARD).stat()
        except FileNotFoundError:
            return None
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        known = self._cards.get(name)
        return known if known is not None and known[0] == stamp else (stamp, self._card(name))

    def _card(self, name: ModelVersion) -> VersionCard | None:
        try:
            return self._repository.card(name)
        except (TriremeError, OSError) as error:
            log.warning("the card of %s can't be used (%s); the version is absent", name, type(error).__name__)
            self._metrics.catalogue_errors.inc()
            return None

    def _read_served(self, cards: Mapping[str, Mapping[int, VersionCard]]) -> Served:
        source = self._source
        if source is None:
            return Served(
                models={name: ServedModel(stable=max(some), versions=tuple(some)) for name, some in cards.items()}
            )
        if not isinstance(source, Path):
            return source()
        try:
            self._served = Served.read(source)
            self._list_broken = False
        except (TriremeError, OSError) as error:
            self._complain(error)
        return self._served

    def _complain(self, error: Exception) -> None:
        self._metrics.catalogue_errors.inc()
        if not self._list_broken:
            log.warning("the list of served versions can't be read (%s); the last good one holds", type(error).__name__)
        self._list_broken = True


def _catalogue(cards: Mapping[str, Mapping[int, VersionCard]], served: Served) -> Catalogue:
    names = cards.keys() | served.models.keys()
    return Catalogue({name: _model(name, cards.get(name, {}), served.models.get(name)) for name in names})


def _model(name: str, cards: Mapping[int, VersionCard], served: ServedModel | None) -> Model:
    if served is None:
        return Model(name, cards, (), None, announced=False)
    there = tuple(sorted(version for version in served.versions if version in cards))
    return Model(name, cards, there, served.stable if served.stable in there else None, announced=True)
