"""Picture folders, which is how users bring their own data; `training.data.layout` says how they may look.

Where `validation/` is missing, a tenth of the training pictures is taken for it. A folder without splits is split by
ourselves: 80 % to train, 10 % to validate, 10 % to test. Near-duplicates stay together either way.
"""

from pathlib import Path

from rich.console import Console

from contract.inputs import ImageInput
from training.console import tell
from training.data.dataset import Bodies, DataSet, FileBodies, Split, TakenBodies, picture_hash
from training.data.duplicates import near_duplicate_groups, near_duplicates
from training.data.layout import Layout, find_layout
from training.data.reading import MAX_BAD, PictureReader
from training.data.splitting import split_groups
from training.data.storage import storage_errors
from training.errors import DataInvalid

SHARES = (0.8, 0.1, 0.1)
VALIDATION_SHARE = 0.1

Three = tuple[Split, Split, Split]


class PictureFolder:
    """A folder of labelled pictures, read as tensors of `schema`; a share of `max_bad` may be unreadable."""

    def __init__(self, root: Path, schema: ImageInput, console: Console, max_bad: float = MAX_BAD) -> None:
        self.root = root
        self._schema = schema
        self._console = console
        self._max_bad = max_bad

    def load(self) -> DataSet:
        """Read all pictures.

        Raises:
            DataUnknown: there is no such folder.
            DataInvalid: the layout is wrong, too many pictures can't be read, a label has too few, or one picture is in
                two splits.
        """
        reader = PictureReader(self.root, self._schema, self._console)
        with storage_errors(self.root):
            layout = find_layout(self.root)
            train, validation, test = self._given(layout, reader) if layout.splits else self._made(layout, reader)
        skipped = tuple(reader.skipped)
        return DataSet(self.root.resolve().name, layout.labels, self._schema, train, validation, test, skipped)

    def _made(self, layout: Layout, reader: PictureReader) -> Three:
        whole = reader.read("Reading pictures", layout.whole)
        reader.check(self._max_bad)
        train, validation, test = self._split(whole, layout.labels, SHARES)
        return train, validation, test

    def _given(self, layout: Layout, reader: PictureReader) -> Three:
        splits = {name: reader.read(f"Reading {name} pictures", listing) for name, listing in layout.splits.items()}
        reader.check(self._max_bad)
        _check_labels(splits, layout.labels)
        _check_leaks(splits, reader)
        if "validation" not in splits:
            shares = (1 - VALIDATION_SHARE, VALIDATION_SHARE)
            splits["train"], splits["validation"] = self._split(splits["train"], layout.labels, shares)
        self._warn(splits)
        return splits["train"], splits["validation"], splits["test"]

    def _split(self, whole: Split, labels: tuple[str, ...], shares: tuple[float, ...]) -> list[Split]:
        with self._console.status("Looking for near-duplicates"):
            groups = near_duplicate_groups(whole.images)
        return [whole.take(indices) for indices in split_groups(whole.labels, groups, labels, shares)]

    def _warn(self, splits: dict[str, Split]) -> None:
        """Tell of near-duplicates between splits that the user made: they are the user's to judge."""
        for first, second in (("train", "test"), ("validation", "test"), ("train", "validation")):
            with self._console.status("Looking for near-duplicates"):
                pairs = near_duplicates(splits[first].images, splits[second].images)
            if pairs:
                count = f"{len({pair.second for pair in pairs}):,} of {len(splits[second]):,} {second} pictures"
                one, other = _path(splits[first].body, pairs[0].first), _path(splits[second].body, pairs[0].second)
                names = f"{other.relative_to(self.root)} and {one.relative_to(self.root)}"
                tell(self._console, f"Warning: {count} have near-duplicates in {first}, such as {names}.")


def _check_labels(splits: dict[str, Split], labels: tuple[str, ...]) -> None:
    for name, split in splits.items():
        if missing := [label for label, count in split.counts(labels).items() if not count]:
            raise DataInvalid(f"No picture of the label {missing[0]!r} in {name!r} can be read.")


def _check_leaks(splits: dict[str, Split], reader: PictureReader) -> None:
    seen: dict[bytes, tuple[str, str]] = {}
    for name, split in splits.items():
        for index, image in enumerate(split.images):
            place = reader.short(_path(split.body, index))
            first_split, first = seen.setdefault(picture_hash(image), (name, place))
            if first_split != name:
                raise DataInvalid(f"The pictures {first} and {place} are the same, in two splits; remove one.")


def _path(body: Bodies, index: int) -> Path:
    if isinstance(body, TakenBodies):
        return _path(body.body, int(body.indices[index]))
    if not isinstance(body, FileBodies):
        raise TypeError("a split of a folder has files")
    return body.paths[index]
