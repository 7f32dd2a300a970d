"""Digests of what was sent."""

import hashlib
from typing import BinaryIO

from gateway.decoding import Source
from gateway.inference import Features

BLOCK = 1024 * 1024


class DigestedSource:
    """A picture's source that takes its bytes' SHA-256 where they are got: in a decoding thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.digest: str | None = None
        """In hexadecimal digits, once the source was called."""

    def __call__(self) -> bytes:
        """The picture's bytes."""
        content = self._source()
        self.digest = hashlib.sha256(content).hexdigest()
        return content


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
