"""Uploaded pictures of a job: fetched once into the job's folder, read as tensors, and what is left out of training."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from contract.digests import file_digest
from contract.errors import PictureError
from contract.examples.batch import Batch, Picture
from contract.files import write_atomically
from contract.inputs import ImageInput
from contract.picture import to_tensor
from training.data.dataset import Bodies, DataSet, FileBodies, Labels, Pixels, Split, picture_hash
from training.data.duplicates import near_duplicates
from training.data.storage import storage_errors
from training.retrain.examples import ExampleReader
from training.room import check_memory

THREADS = 8
"""Pictures that are fetched at the same time."""
COPIES = 3
"""Of the training pictures, while uploaded ones are added."""
OBJECTS = "objects"

LABEL, TWICE, EVALUATED, UNREADABLE = "label-unknown", "twice", "in-evaluation-data", "unreadable"
NEAR = "near-duplicate-of-{}"
"""Reasons to leave a picture out; the last one with the split's name."""


@dataclass
class LeftOut:
    """Counts what is left out, by reason."""

    counts: Counter[str] = field(default_factory=Counter)

    def keep(self, pictures: Sequence[Picture], keeps: Iterable[bool], reason: str) -> list[Picture]:
        """The pictures that are kept; counts the others."""
        kept = [picture for picture, keep in zip(pictures, keeps, strict=True) if keep]
        self.count(reason, len(pictures) - len(kept))
        return kept

    def count(self, reason: str, number: int) -> None:
        """Count so many."""
        if number:
            self.counts[reason] += number


@dataclass(frozen=True)
class JoinedBodies:
    """The pictures of two splits, one after the other."""

    first: Bodies
    second: Bodies
    count: int
    """Pictures of the first one."""

    def __call__(self, index: int) -> bytes:
        """Give one picture."""
        return self.first(index) if index < self.count else self.second(index - self.count)


class PictureStore:
    """Uploaded pictures as files in a folder, each by its digest; what lies there already isn't fetched again."""

    def __init__(self, reader: ExampleReader, folder: Path) -> None:
        self._reader = reader
        self._folder = folder / OBJECTS

    def split(self, pictures: Sequence[Picture], labels: tuple[str, ...], schema: ImageInput) -> tuple[Split, int]:
        """The pictures that can be read as a split, and how many can't be.

        Labels are among `labels`. Raises `ExamplesMissing`, `ExamplesDamaged`, `ExamplesUnreachable`, `StorageFull` and
        `MemoryShort`.
        """
        check_memory("Reading the uploaded pictures", 2 * len(pictures) * int(np.prod(schema.shape)))
        with ThreadPoolExecutor(THREADS) as pool:
            paths = list(pool.map(self._fetched, pictures))
            tensors = list(pool.map(lambda path: _tensor(path, schema), paths))
        good = [place for place, tensor in enumerate(tensors) if tensor is not None]
        images = [tensor for tensor in tensors if tensor is not None]
        numbers = np.array([labels.index(pictures[place].label) for place in good], np.int64)
        pixels = np.stack(images) if images else np.empty((0, *schema.shape), np.uint8)
        split = Split(pixels, numbers, FileBodies(tuple(paths[place] for place in good)))
        return split, len(pictures) - len(good)

    def _fetched(self, picture: Picture) -> Path:
        path = self._folder / picture.digest
        with storage_errors(self._folder):
            if not path.is_file() or file_digest(path) != picture.digest:
                write_atomically(path, self._reader.object(picture.digest))
        return path


def _tensor(path: Path, schema: ImageInput) -> Pixels | None:
    try:
        return to_tensor(path.read_bytes(), schema)
    except PictureError:
        return None


@dataclass(frozen=True)
class Extended:
    """Base data with uploaded pictures in the training split."""

    data: DataSet
    added: int
    left_out: dict[str, int]


def extend(base: DataSet, batches: Sequence[Batch], evaluation: Sequence[Batch], store: PictureStore) -> Extended:
    """Add the pictures of training batches (oldest first) to the training split; the other splits stay as they are.

    Left out, and counted by reason, are pictures with a label that the base doesn't know, pictures of an earlier batch
    or of evaluation data, those that can't be read, and those that equal or nearly duplicate a picture of the base's
    validation or test split. Raises as `PictureStore.split` does.
    """
    left_out = LeftOut()
    chosen = _choose(batches, base.labels, evaluation, left_out)
    split, broken = store.split(chosen, base.labels, base.input)
    left_out.count(UNREADABLE, broken)
    for name, held_out in (("test", base.test), ("validation", base.validation)):
        fresh = fresh_indices(split.images, held_out.images)
        left_out.count(NEAR.format(name), len(split) - len(fresh))
        split = split.take(fresh)
    return Extended(_joined(base, split), len(split), dict(left_out.counts))


def _choose(
    batches: Sequence[Batch], labels: tuple[str, ...], evaluation: Sequence[Batch], left_out: LeftOut
) -> list[Picture]:
    pictures = [picture for batch in batches for picture in batch.pictures]
    pictures = left_out.keep(pictures, (picture.label in labels for picture in pictures), LABEL)
    pictures = left_out.keep(pictures, _are_first(pictures), TWICE)
    evaluated = {picture.digest for batch in evaluation for picture in batch.pictures}
    return left_out.keep(pictures, (picture.digest not in evaluated for picture in pictures), EVALUATED)


def _are_first(pictures: Iterable[Picture]) -> Iterator[bool]:
    seen: set[str] = set()
    for picture in pictures:
        yield picture.digest not in seen
        seen.add(picture.digest)


def fresh_indices(images: Pixels, known: Pixels) -> Labels:
    """Indices int64 of the pictures that neither equal nor nearly duplicate one of the known ones."""
    hashes = {picture_hash(image) for image in known}
    equal = {index for index, image in enumerate(images) if picture_hash(image) in hashes}
    near = {pair.second for pair in near_duplicates(known, images)}
    return np.setdiff1d(np.arange(len(images)), np.array(sorted(equal | near), np.int64))


def _joined(base: DataSet, split: Split) -> DataSet:
    if not len(split):
        return base
    check_memory("Adding the uploaded pictures", COPIES * split.images.nbytes + base.train.images.nbytes)
    train = Split(
        np.concatenate([base.train.images, split.images]),
        np.concatenate([base.train.labels, split.labels]),
        JoinedBodies(base.train.body, split.body, len(base.train)),
    )
    return DataSet(base.name, base.labels, base.input, train, base.validation, base.test, base.skipped)
