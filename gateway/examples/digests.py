"""Which examples are known: digests of 16 bytes, each with a number, in 20 bytes of memory an example."""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.bytes_]
"""Digests, S16 [examples]."""
Codes = NDArray[np.int32]
SIZE = 16
UNKNOWN = -1


def keys_of(digests: bytes) -> Keys:
    """Digests that lie one after the other."""
    return np.frombuffer(digests, f"S{SIZE}")


def picture_keys(digests: list[str]) -> Keys:
    """The first half of SHA-256 digests in hexadecimal."""
    return keys_of(b"".join(bytes.fromhex(digest)[:SIZE] for digest in digests))


class Keyring:
    """Digests that are only asked whether they are among them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = np.sort(keys)

    @classmethod
    def of(cls, parts: Iterable[Keys]) -> Self:
        """All digests of some arrays."""
        return cls(np.concatenate([keys_of(b""), *parts]))

    def has(self, digest: str) -> bool:
        """Whether a SHA-256 in hexadecimal is among them."""
        (key,) = picture_keys([digest])
        place = int(np.searchsorted(self._keys, key))
        return place < len(self._keys) and bool(self._keys[place] == key)


class DigestTable:
    """Sorted arrays, each at least twice as long as the next one, so that adding one by one stays cheap."""

    def __init__(self, levels: Sequence[tuple[Keys, Codes]] = ()) -> None:
        self._levels = list(levels)

    def __len__(self) -> int:
        return sum(len(keys) for keys, _ in self._levels)

    def copy(self) -> "DigestTable":
        """A table of its own with the same arrays, which never change."""
        return DigestTable(self._levels)

    def add(self, keys: Keys, codes: Codes) -> None:
        """Take in digests that are not known yet."""
        while self._levels and len(self._levels[-1][0]) < 2 * len(keys):
            longer, their_codes = self._levels.pop()
            keys, codes = np.concatenate([longer, keys]), np.concatenate([their_codes, codes])
        order = np.argsort(keys, kind="stable")
        self._levels.append((keys[order], codes[order]))

    def find(self, keys: Keys) -> Codes:
        """Each digest's number, int32 [digests]; `UNKNOWN` for one that isn't there."""
        found = np.full(len(keys), UNKNOWN, np.int32)
        for known, codes in self._levels:
            if len(known):
                places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
                hits = known[places] == keys
                found[hits] = codes[places[hits]]
        return found
