"""Writing a data set as picture folders, the form in which users bring their own."""

import os
from collections.abc import Collection
from pathlib import Path

import numpy as np

from training.data.dataset import DataSet, Split
from training.data.storage import staging, storage_errors
from training.errors import DataInvalid, StorageFailed


def export_folders(data: DataSet, target: Path, labels: Collection[str] = (), limit: int | None = None) -> int:
    """Write `<split>/<label>/<number>.png` below `target`, a new or empty folder; gives the number of pictures.

    Without `labels` all are written; `limit` is the most of a label in a split. The folder appears when it is whole.

    Raises:
        DataInvalid: the data set lacks one of the labels.
        StorageFailed: the folder isn't empty, or can't be written.
    """
    if unknown := sorted(set(labels) - set(data.labels)):
        raise DataInvalid(f"The data set {data.name} has no label {unknown[0]!r}.")
    with storage_errors(target.parent):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise StorageFailed(f"The folder {target} isn't empty.")
        return _export(data, target, labels or data.labels, limit)


def _export(data: DataSet, target: Path, labels: Collection[str], limit: int | None) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    with staging(target.parent, f".{target.name}-{os.getpid()}") as folder:
        places = [(name, split, label) for name, split in data.splits() for label in sorted(labels)]
        counts = [
            _write(split, data.labels.index(label), folder / name / label, limit) for name, split, label in places
        ]
        folder.replace(target)
    return sum(counts)


def _write(split: Split, label: int, folder: Path, limit: int | None) -> int:
    folder.mkdir(parents=True)
    indices = np.flatnonzero(split.labels == label)[:limit]
    for index in indices.tolist():
        (folder / f"{index:05}.png").write_bytes(split.body(index))
    return len(indices)
