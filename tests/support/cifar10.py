"""A small real part of CIFAR-10, committed under tests/data."""

import gzip
from functools import cache
from pathlib import Path

from contract.digests import file_digest
from contract.inputs import ImageInput
from training.data.cifar10 import LABELS
from training.data.dataset import DataSet, PngBodies, Split
from training.data.records import RECORD_BYTES, read_records
from training.data.sources import BATCHES, FILES, TEST
from training.data.splitting import validation_indices

FOLDER = Path(__file__).parents[1] / "data" / "cifar10-sample"


@cache
def sample() -> DataSet:
    """40 training and validation pictures and 10 test pictures of each class."""
    train, validation = (whole := _split("train")).part(validation_indices(whole.images, whole.labels, LABELS, 0.1))
    return DataSet("cifar10-sample", LABELS, ImageInput(height=32, width=32), train, validation, _split("test"))


def write_batches(folder: Path) -> dict[str, str]:
    """Write the sample as the six files of the official archive; returns their digests."""
    folder.mkdir(parents=True, exist_ok=True)
    train = records("train")
    step = len(train) // len(BATCHES)
    for number, name in enumerate(BATCHES):
        (folder / name).write_bytes(train[number * step : (number + 1) * step])
    (folder / TEST).write_bytes(records("test"))
    return {name: file_digest(folder / name) for name in FILES}


def records(split: str) -> bytes:
    """The records of `train` (400) or `test` (100)."""
    content = gzip.decompress((FOLDER / f"{split}.bin.gz").read_bytes())
    if len(content) % RECORD_BYTES:
        raise ValueError("the sample is damaged")
    return content


def _split(name: str) -> Split:
    images, labels = read_records(records(name))
    return Split(images, labels, PngBodies(images))
