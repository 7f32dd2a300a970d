"""Digests of what was sent."""

import hashlib
from typing import BinaryIO

from gateway.decoding import Source
from gateway.inference import Features

BLOCK = 1024 * 1024
HELD_BYTES = 128 * 1024
"""Up to which a picture is hashed without letting other threads have the interpreter: getting it back takes longer."""
HELD_BLOCK = 2047
"""The most that hashlib takes without letting go of it (HASHLIB_GIL_MINSIZE)."""


class DigestedSource:
    """A picture's source that takes its bytes' SHA-256 where they are got: in a decoding thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.digest: str | None = None
        """In hexadecimal digits, once the source was called."""

    def __call__(self) -> bytes:
        """The picture's bytes."""
        content = self._source()
        self.digest = digest_of(content)
        return content


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    if len(content) > HELD_BYTES:
        return hashlib.sha256(content).hexdigest()
    found, view = hashlib.sha256(), memoryview(content)
    for start in range(0, len(content), HELD_BLOCK):
        found.update(view[start : start + HELD_BLOCK])
    return found.hexdigest()


def row_digests(features: Features) -> list[str]:
    """SHA-256 of each encoded row's bytes, little-endian float32."""
    return [hashlib.sha256(row).hexdigest() for row in features.astype("<f4", order="C", copy=False)]


def file_digest(file: BinaryIO) -> str:
    """SHA-256 of a whole file; blocks, and leaves the file at its end."""
    found = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK):
        found.update(block)
    return found.hexdigest()
