"""Picture folders, which is how users bring their own data: `<split>/<label>/*.png|jpg|…`.

`train/` and `test/` are needed; where `validation/` is missing, a part of the training pictures is taken for it.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from contract.errors import PictureError
from contract.inputs import ImageInput
from contract.picture import to_tensor
from training.data.dataset import DataSet, FileBodies, Pixels, Split, picture_hash
from training.data.splitting import validation_indices
from training.data.storage import storage_errors
from training.errors import DataInvalid, DataUnknown

SPLITS = ("train", "validation", "test")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})
VALIDATION_SHARE = 0.1
THREADS = 4


class PictureFolder:
    """A folder of labelled pictures, read as tensors of `schema`."""

    def __init__(self, root: Path, schema: ImageInput, console: Console) -> None:
        self.root = root
        self._schema = schema
        self._console = console

    def load(self) -> DataSet:
        """Read all pictures.

        Raises:
            DataUnknown: there is no such folder.
            DataInvalid: the layout is wrong, a picture is broken, or one picture is in two splits.
        """
        with storage_errors(self.root):
            labels = self._labels()
            splits = {name: self._split(name, labels) for name in SPLITS if (self.root / name).is_dir()}
        self._check_leaks(splits)
        train, validation = _with_validation(splits, labels)
        return DataSet(self.root.resolve().name, labels, self._schema, train, validation, splits["test"])

    def _labels(self) -> tuple[str, ...]:
        if not self.root.is_dir():
            raise DataUnknown(f"There is no folder {self.root}.")
        for name in ("train", "test"):
            if not (self.root / name).is_dir():
                raise DataInvalid(f"The folder {self.root} has no folder {name!r} with one folder a label in it.")
        labels = _subfolders(self.root / "train")
        if len(labels) < 2:
            raise DataInvalid(f"The folder {self.root}/train needs at least two labels, one folder each.")
        return labels

    def _split(self, name: str, labels: tuple[str, ...]) -> Split:
        if unknown := sorted(set(_subfolders(self.root / name)) - set(labels)):
            raise DataInvalid(f"The label {unknown[0]!r} of {name!r} has no training pictures.")
        files = [(path, number) for number, label in enumerate(labels) for path in self._files(name, label)]
        paths = tuple(path for path, _ in files)
        numbers = np.array([number for _, number in files], dtype=np.int64)
        return Split(self._read(name, paths), numbers, FileBodies(paths))

    def _files(self, split: str, label: str) -> list[Path]:
        folder = self.root / split / label
        found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        if not found:
            raise DataInvalid(f"The label {label!r} has no picture in {split!r}.")
        return found

    def _read(self, split: str, paths: tuple[Path, ...]) -> Pixels:
        with ThreadPoolExecutor(THREADS) as pool:
            results = pool.map(self._tensor, paths)
            title = f"Reading {split} pictures"
            return np.stack(list(track(results, title, total=len(paths), console=self._console, transient=True)))

    def _tensor(self, path: Path) -> Pixels:
        try:
            return to_tensor(path.read_bytes(), self._schema)
        except PictureError as error:
            reason = error.detail[0].lower() + error.detail[1:].rstrip(".")
            raise DataInvalid(f"The picture {self._short(path)} can't be used: {reason}.") from error

    def _short(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _check_leaks(self, splits: dict[str, Split]) -> None:
        seen: dict[bytes, tuple[str, str]] = {}
        for name, split in splits.items():
            for index, image in enumerate(split.images):
                place = self._short(_path(split, index))
                first_split, first = seen.setdefault(picture_hash(image), (name, place))
                if first_split != name:
                    raise DataInvalid(f"The pictures {first} and {place} are the same, in two splits; remove one.")


def _path(split: Split, index: int) -> Path:
    if not isinstance(split.body, FileBodies):
        raise TypeError("a split of a folder has files")
    return split.body.paths[index]


def _with_validation(splits: dict[str, Split], labels: tuple[str, ...]) -> tuple[Split, Split]:
    train = splits["train"]
    if "validation" in splits:
        return train, splits["validation"]
    return train.part(validation_indices(train.images, train.labels, labels, VALIDATION_SHARE))


def _subfolders(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))
