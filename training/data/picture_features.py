"""The features of pictures: each split's tensors as a file, cut, resized and split already."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from contract.inputs import ImageInput
from training.data.dataset import DataSet, PngBodies, Split
from training.data.features import FeaturesRecord
from training.data.storage import appearing, storage_errors
from training.errors import DataDamaged, DataInvalid


def write_pictures(data: DataSet, folder: Path) -> FeaturesRecord:
    """Write a data set's tensors into a new or empty folder, which gets all of its files at the end.

    Raises `StorageFailed` where the folder isn't empty or can't be written, and `StorageFull`.
    """
    record = FeaturesRecord(
        name=data.name,
        origin=data.origin,
        input=data.input,
        labels=data.labels,
        counts=data.counts(),
        digests=data.digests(),
        skipped=data.skipped,
    )
    with storage_errors(folder), appearing(folder) as unfinished:
        for name, split in data.splits():
            np.savez(unfinished / f"{name}.npz", images=split.images, labels=split.labels)
        record.write(unfinished)
    return record


def read_pictures(folder: Path, size: int) -> DataSet:
    """Read what `write_pictures` wrote; a picture's body is its tensor as PNG.

    Raises:
        DataUnknown: there are no features.
        DataInvalid: they are rows of a table, or pictures of another size.
        DataDamaged: they differ from their digests.
    """
    record = FeaturesRecord.read(folder)
    if not isinstance(record.input, ImageInput):
        raise DataInvalid(f"The features in {folder} are rows of a table, no pictures.")
    if record.input.height != size:
        shape = f"{record.input.width}×{record.input.height}"
        raise DataInvalid(f"The features in {folder} are pictures of {shape} pixels; for others, make them anew.")
    train, validation, test = (_split(folder / f"{name}.npz") for name in ("train", "validation", "test"))
    schema, skipped = record.input, record.skipped
    data = DataSet(record.name, record.labels, schema, train, validation, test, skipped, record.origin)
    record.check(folder, data.digests())
    return data


def _split(path: Path) -> Split:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise DataDamaged(f"The features in {path.parent} can't be read; make them anew.") from error
    return Split(images, labels, PngBodies(images))
