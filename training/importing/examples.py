"""The examples that an import is proved and evaluated on: `<label>/*.png|jpg|…`."""

import math
from pathlib import Path

import numpy as np

from contract.errors import PictureError
from contract.inputs import ImageInput
from contract.picture import to_tensor
from training.data.dataset import FileBodies, Split
from training.data.layout import SUFFIXES
from training.data.storage import storage_errors
from training.importing.errors import ExamplesInvalid

MINIMUM = 10
MAX_BYTES = 2**31
"""Examples are held in memory as tensors: 14,000 pictures of 224 × 224 pixels."""


def find_examples(root: Path, labels: tuple[str, ...]) -> list[tuple[Path, int]]:
    """The files with the numbers of their labels.

    Raises `ExamplesInvalid` unless each label has one, all folders are labels, and there are at least 10.
    """
    if not root.is_dir():
        raise ExamplesInvalid(f"There is no folder {root} with examples, one folder a label.")
    with storage_errors(root):
        # By their listed names: a label such as `../x` names no folder.
        folders = {path.name: path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")}
        known = [(folders[label], number) for number, label in enumerate(labels) if label in folders]
        files = [(path, number) for folder, number in known for path in _pictures(folder)]
    _check(root, labels, files, set(folders))
    return files


def _check(root: Path, labels: tuple[str, ...], files: list[tuple[Path, int]], folders: set[str]) -> None:
    if unknown := sorted(folders - set(labels)):
        raise ExamplesInvalid(f"The examples' folder {unknown[0]!r} is not one of the labels.")
    present = {number for _, number in files}
    if absent := [label for number, label in enumerate(labels) if number not in present]:
        raise ExamplesInvalid(f"{len(absent)} label(s) have no example in {root}, first of them {absent[0]!r}.")
    if len(files) < MINIMUM:
        raise ExamplesInvalid(f"There are {len(files)} examples in {root}; it takes at least {MINIMUM}.")


def read_examples(files: list[tuple[Path, int]], schema: ImageInput) -> Split:
    """Make the pictures tensors; raises `ExamplesInvalid` for one that is broken, or when they are too many."""
    if len(files) * math.prod(schema.shape) > MAX_BYTES:
        raise ExamplesInvalid(
            f"{len(files)} examples of {schema.width}×{schema.height} pixels are too many; give fewer."
        )
    paths = tuple(path for path, _ in files)
    images = np.stack([_tensor(path, schema) for path in paths])
    return Split(images, np.array([number for _, number in files], np.int64), FileBodies(paths))


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _tensor(path: Path, schema: ImageInput) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    try:
        with storage_errors(path.parent):
            return to_tensor(path.read_bytes(), schema)
    except PictureError as error:
        raise ExamplesInvalid(f"The example {path.parent.name}/{path.name} can't be used: {error.detail}") from error
