"""Which picture files are to be uploaded, with which label, and in which portions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trireme.errors import FileUnreadable

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})
PORTION = 500
PORTION_BYTES = 32 * 1024 * 1024
"""Pictures and bytes of one request; a larger picture is sent alone."""


@dataclass(frozen=True)
class LabelledFile:
    """One picture to send."""

    path: Path
    label: str
    size: int

    @property
    def name(self) -> str:
        """What the gateway is told: the folder and the file, which together differ from the others'."""
        return str(self.path)


def find(paths: Sequence[Path], label: str | None) -> list[LabelledFile]:
    """The pictures at some paths, sorted: with a label, all of them; without, those of folders `<label>/`.

    Raises `FileUnreadable`.
    """
    found = [one for path in paths for one in _at(path, label)]
    if not found:
        raise FileUnreadable("There is no picture: a folder has one folder a label, or --label says the label of all.")
    return found


def portions(files: Sequence[LabelledFile]) -> Iterator[list[LabelledFile]]:
    """The files in groups that are small enough for one request."""
    portion: list[LabelledFile] = []
    for file in files:
        if portion and (len(portion) >= PORTION or sum(one.size for one in portion) + file.size > PORTION_BYTES):
            yield portion
            portion = []
        portion.append(file)
    if portion:
        yield portion


def _at(path: Path, label: str | None) -> Iterator[LabelledFile]:
    try:
        if not path.is_dir():
            yield _file(path, label)
        elif label is not None:
            yield from _inside(path, label)
        else:
            for folder in sorted(one for one in path.iterdir() if one.is_dir()):
                yield from _inside(folder, folder.name)
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}.") from error


def _inside(folder: Path, label: str) -> Iterator[LabelledFile]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES and path.is_file():
            yield _file(path, label)


def _file(path: Path, label: str | None) -> LabelledFile:
    size = path.stat().st_size
    if label is None:
        raise FileUnreadable(f"{path} is a single file; say its label with --label.")
    return LabelledFile(path, label, size)
