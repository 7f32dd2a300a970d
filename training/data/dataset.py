"""A data set in memory: pictures as tensors, and as the bytes that a user would send."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.inputs import ImageInput

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Bodies = Callable[[int], bytes]


@dataclass(frozen=True)
class PngBodies:
    """Pictures that exist as pixels only are sent as PNG, which loses nothing."""

    images: Pixels

    def __call__(self, index: int) -> bytes:
        """Encode one picture."""
        file = io.BytesIO()
        image = self.images[index]
        Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, format="PNG")
        return file.getvalue()


@dataclass(frozen=True)
class FileBodies:
    """Pictures of a folder are sent as they lie there."""

    paths: tuple[Path, ...]

    def __call__(self, index: int) -> bytes:
        """Read one file."""
        return self.paths[index].read_bytes()


@dataclass(frozen=True)
class TakenBodies:
    """Some pictures of another split, by their indices int64 [n] there."""

    body: Bodies
    indices: Labels

    def __call__(self, index: int) -> bytes:
        """Give one picture."""
        return self.body(int(self.indices[index]))


@dataclass(frozen=True)
class Split:
    """Pictures uint8 [n, height, width, channels] with labels int64 [n], numbers into the data set's labels."""

    images: Pixels
    labels: Labels
    body: Bodies
    """Gives the encoded picture at an index."""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Labels) -> "Split":
        """The pictures at these indices int64 [m], in this order."""
        return Split(self.images[indices], self.labels[indices], TakenBodies(self.body, indices))

    def part(self, indices: Labels) -> tuple["Split", "Split"]:
        """What is left without the pictures at these indices, and these pictures."""
        rest = np.setdiff1d(np.arange(len(self)), indices)
        return self.take(rest), self.take(indices)

    @property
    def digest(self) -> str:
        """SHA-256 of the shape, the pixels and the labels, in hexadecimal."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").data)
        return digest.hexdigest()

    def counts(self, labels: tuple[str, ...]) -> dict[str, int]:
        """How many pictures each label has."""
        numbers = np.bincount(self.labels, minlength=len(labels))
        return dict(zip(labels, numbers.tolist(), strict=True))


@dataclass(frozen=True)
class Skipped:
    """A picture file that can't be used."""

    name: str
    """Its path inside the data set's folder."""
    reason: str


@dataclass(frozen=True)
class DataSet:
    """Labelled pictures in three splits."""

    name: str
    labels: tuple[str, ...]
    input: ImageInput
    train: Split
    validation: Split
    test: Split
    skipped: tuple[Skipped, ...] = ()
    """Files that are in none of the splits."""
    origin: str = "picture folder"
    """What a card says of where they come from: no path of the user's."""

    def splits(self) -> Iterator[tuple[str, Split]]:
        """Each split with its name."""
        yield from (("train", self.train), ("validation", self.validation), ("test", self.test))

    def digests(self) -> dict[str, str]:
        """The digest of each split."""
        return {name: split.digest for name, split in self.splits()}

    def counts(self) -> dict[str, dict[str, int]]:
        """Pictures of each label in each split."""
        return {name: split.counts(self.labels) for name, split in self.splits()}


def picture_hash(image: Pixels) -> bytes:
    """A short hash of one picture's pixels: equal for equal pictures."""
    return hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()
