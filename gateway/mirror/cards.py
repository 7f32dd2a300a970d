"""Copying cards, and what a gateway reads besides them, from a store to a folder."""

import logging
import shutil
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from contract.card import VersionCard
from contract.errors import CardInvalid
from contract.files import write_atomically
from contract.names import parse_triton_name
from contract.repository import CARD, GOLDEN

log = logging.getLogger(__name__)

CHUNK = 4 * 1024 * 1024
"""Bytes that are in memory at a time."""


class CardMirror:
    """Makes `folder` hold the card of each version in `store` and the card's companions, and nothing else.

    A published version never changes, so that each is fetched once; the card comes last.
    """

    def __init__(self, store: ObjectStore, folder: Path, *, max_card_bytes: int, max_file_bytes: int) -> None:
        self._store = store
        self._folder = folder
        self._max_card_bytes = max_card_bytes
        self._max_file_bytes = max_file_bytes

    def refresh(self) -> None:
        """Fetch what is new and remove what is gone; raises `OSError` or obstore's errors, and may be called again."""
        there = self._versions()
        begun = {path.name for path in self._folder.glob("*/") if parse_triton_name(path.name) is not None}
        for name in sorted(begun - there):
            shutil.rmtree(self._folder / name)
            log.info("%s is gone from the store", name)
        whole = {path.parent.name for path in self._folder.glob(f"*/{CARD}")}
        for name in sorted(there - whole):
            self._fetch(name)

    def _versions(self) -> set[str]:
        prefixes = obstore.list_with_delimiter(self._store)["common_prefixes"]
        return {prefix for prefix in prefixes if parse_triton_name(prefix) is not None}

    def _fetch(self, name: str) -> None:
        path = f"{name}/{CARD}"
        try:
            if not self._is_small_enough(path, self._max_card_bytes):
                return
            card = bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            # Not published yet: the card is written last.
            return
        if all(self._fetch_companion(name, file) for file in _companions(card)):
            write_atomically(self._folder / name / CARD, card)
            log.info("%s is in the store", name)

    def _fetch_companion(self, name: str, file: str) -> bool:
        path, target = f"{name}/{file}", self._folder / name / file
        try:
            if not self._is_small_enough(path, self._max_file_bytes):
                return False
        except FileNotFoundError:
            log.warning("%s is missing; the version is left out", path)
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            for chunk in obstore.get(self._store, path).stream(CHUNK):
                copy.write(chunk)
        return True

    def _is_small_enough(self, path: str, limit: int) -> bool:
        if obstore.head(self._store, path)["size"] <= limit:
            return True
        log.warning("%s is too large; the version is left out", path)
        return False


def _companions(card: bytes) -> tuple[str, ...]:
    try:
        found = VersionCard.parse(card)
    except CardInvalid:
        # The gateway will say so.
        return ()
    # A new version is asked for its golden examples before it answers anybody.
    return found.companions if GOLDEN not in found.files else (*found.companions, GOLDEN)


class Watch:
    """Refreshes again and again, and says once when the store can't be read, and once when it can again."""

    def __init__(self, mirror: CardMirror) -> None:
        self._mirror = mirror
        self._broken = False

    def refresh(self) -> bool:
        """Refresh once; whatever goes wrong, the cards of before stay. Returns whether it went well."""
        try:
            self._mirror.refresh()
        except (BaseError, OSError) as error:
            if not self._broken:
                # Not the error's text: it may hold a request's signature.
                log.warning("the store can't be mirrored (%s); the cards of before hold", type(error).__name__)
            self._broken = True
            return False
        if self._broken:
            log.info("the store is mirrored again")
        self._broken = False
        return True
