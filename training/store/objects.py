"""The objects of the store of versions, with errors of one sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, NotSupportedError
from obstore.store import ObjectStore

from contract.store import NO_BUCKET, is_refused, open_store
from training.store.errors import StoreError, StoreRefused, StoreUnfit, StoreUnreachable

PIECE = 8 * 1024 * 1024
"""Bytes that are asked for, or sent, in one request."""
PIECES = 4
"""Of one object that are sent at a time."""


class Objects:
    """A bucket, or a folder; connects when it is used.

    All methods raise `StoreRefused` or `StoreUnreachable`.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, location: str, *, endpoint: str | None = None, access: Mapping[str, str] | None = None) -> Self:
        """The store there; raises `StoreUnreachable` where `location` names none. See `contract.store.open_store`."""
        with reached():
            return cls(open_store(location, endpoint=endpoint, access=access))

    def folders(self) -> list[str]:
        """The names of the folders at the top."""
        with reached():
            return list(obstore.list_with_delimiter(self._store)["common_prefixes"])

    def sizes(self, folder: str) -> dict[str, int]:
        """The objects below a folder, by their paths inside it, with their sizes in bytes."""
        with reached():
            found = [meta for chunk in obstore.list(self._store, folder) for meta in chunk]
        return {str(meta["path"]).removeprefix(f"{folder}/"): meta["size"] for meta in found}

    def read(self, path: str) -> bytes | None:
        """An object that is small; None where there is none."""
        with reached():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except (NotFoundError, FileNotFoundError) as error:
                if NO_BUCKET in str(error):
                    raise
                return None

    def download(self, path: str, size: int, target: Path) -> None:
        """Copy an object of `size` bytes into a new file, piece by piece: none of the requests takes long.

        Raises `OSError` where the file can't be written.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for start in range(0, size, PIECE):
                file.write(self._piece(path, start, min(start + PIECE, size)))

    def _piece(self, path: str, start: int, end: int) -> bytes:
        with reached():
            return bytes(obstore.get_range(self._store, path, start=start, end=end))

    def upload(self, path: str, source: Path) -> None:
        """Store a file, in place of what may be there."""
        with reached():
            obstore.put(self._store, path, source, chunk_size=PIECE, max_concurrency=PIECES)

    def create(self, path: str, content: bytes) -> bool:
        """Store an object that isn't there; False where it is. Raises `StoreUnfit` where that can't be told apart."""
        with reached():
            try:
                obstore.put(self._store, path, content, mode="create")
            except AlreadyExistsError:
                return False
        return True


@contextmanager
def reached() -> Iterator[None]:
    """Turn what the store says, which may hold addresses and secrets, into one sentence."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise _ours(error) from None


def _ours(error: Exception) -> StoreError:
    if isinstance(error, NotSupportedError):
        return StoreUnfit("The store of versions knows no conditional writes (If-None-Match).")
    if is_refused(error):
        return StoreRefused("The store of versions refuses: the credentials are wrong, or lack a right.")
    if NO_BUCKET in str(error):
        return StoreUnreachable("The bucket of versions doesn't exist.")
    return StoreUnreachable("The store of versions can't be reached or used.")
