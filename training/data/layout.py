"""How people lay out picture folders: `<split>/<label>/*.jpg`, or `<label>/*.jpg` without splits.

A folder has splits when its `train` or `test` holds folders; a label may be called `train` too.
"""

from dataclasses import dataclass
from pathlib import Path

from training.errors import DataInvalid, DataUnknown

SPLITS = ("train", "validation", "test")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})


@dataclass(frozen=True)
class Listing:
    """Picture files with the numbers of their labels, both of the same length."""

    files: tuple[Path, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """What lies in a picture folder."""

    labels: tuple[str, ...]
    splits: dict[str, Listing]
    """By split; empty where the folder has none."""
    whole: Listing
    """All files of a folder without splits."""


def find_layout(root: Path) -> Layout:
    """List a folder's pictures, sorted by label and name.

    Raises:
        DataUnknown: there is no such folder.
        DataInvalid: it has fewer than two labels, lacks a split, or a label has no pictures.
    """
    if not root.is_dir():
        raise DataUnknown(f"There is no folder {root}.")
    if not any(_subfolders(root / name) for name in ("train", "test")):
        labels = _labels(root)
        return Layout(labels, {}, _list(root, labels))
    return _with_splits(root)


def _with_splits(root: Path) -> Layout:
    for name in ("train", "test"):
        if not (root / name).is_dir():
            raise DataInvalid(f"The folder {root} has no folder {name!r} with one folder a label in it.")
    labels = _labels(root / "train")
    present = [name for name in SPLITS if (root / name).is_dir()]
    for name in present:
        if unknown := sorted(set(_subfolders(root / name)) - set(labels)):
            raise DataInvalid(f"The label {unknown[0]!r} of {name!r} has no training pictures.")
    return Layout(labels, {name: _list(root / name, labels) for name in present}, Listing((), ()))


def _labels(folder: Path) -> tuple[str, ...]:
    labels = _subfolders(folder)
    if len(labels) < 2:
        raise DataInvalid(f"The folder {folder} needs at least two labels, one folder each.")
    return labels


def _list(folder: Path, labels: tuple[str, ...]) -> Listing:
    found = [(path, number) for number, label in enumerate(labels) for path in _pictures(folder, label)]
    return Listing(tuple(path for path, _ in found), tuple(number for _, number in found))


def _pictures(folder: Path, label: str) -> list[Path]:
    pictures = (folder / label).glob("*")
    found = sorted(path for path in pictures if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise DataInvalid(f"The label {label!r} has no picture in {folder.name!r}.")
    return found


def _subfolders(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))
