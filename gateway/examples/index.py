"""What a gateway remembers of one model's batches; manifests never change, so each is read once."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from contract.examples.batch import ERASING, Batch, Use
from gateway.examples.digests import Codes, DigestTable, Keys, picture_keys

USES = (Use.TRAINING, Use.EVALUATION)


@dataclass(eq=False)
class Entry:
    """One batch."""

    batch: Batch
    """Without its pictures, which may be many."""
    files: Keys
    """Its objects, S16 [objects]."""
    digests: tuple[Keys, Codes] | None
    """Its examples, with the places of their labels; None where they weren't read from its rows yet."""
    is_withdrawn: bool = False

    @classmethod
    def of(cls, batch: Batch, labels: "Labels") -> "Entry":
        """The entry of a manifest."""
        light = batch.model_copy(update={"pictures": ()})
        if batch.rows is not None:
            return cls(light, picture_keys([batch.rows.digest]), None)
        keys = picture_keys([picture.digest for picture in batch.pictures])
        return cls(light, keys, (keys, labels.places([picture.label for picture in batch.pictures])))

    @property
    def is_in_effect(self) -> bool:
        """Whether it counts."""
        return not self.is_withdrawn

    def shares(self, files: Keys) -> bool:
        """Whether one of these objects is its own too."""
        return bool(np.isin(self.files, files).any())


class Labels:
    """Every label that a model's batches have had, with a place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._names: list[str] = []

    def place(self, label: str) -> int:
        """The place of a label, which it keeps."""
        if label not in self._places:
            self._places[label] = len(self._names)
            self._names.append(label)
        return self._places[label]

    def places(self, labels: list[str]) -> Codes:
        """Many labels' places, int32 [labels]."""
        return np.fromiter(map(self.place, labels), np.int32, len(labels))


@dataclass(frozen=True)
class Marks:
    """The notes of withdrawals and of erasures under way, by file name; each with what changes with its content."""

    names: Mapping[str, str] = field(default_factory=dict)

    def withdrawal(self, id: str) -> str | None:  # noqa: A002 - the field's own name
        """The mark of a batch's withdrawal."""
        return self.names.get(f"{id}.json")

    def touched_since(self, before: Self) -> set[str]:
        """The batches that were being withdrawn or erased at some time between then and now."""
        changed = {name for name, mark in self.names.items() if before.names.get(name) != mark}
        under_way = {name for marks in (self, before) for name in marks.names if name.endswith(ERASING)}
        return {name.partition(".")[0] for name in changed | under_way}


@dataclass
class ModelIndex:
    """One model's batches as they were found last."""

    labels: Labels = field(default_factory=Labels)
    entries: dict[str, Entry] = field(default_factory=dict)
    """By id; the ids sort by time."""
    marks: Marks = field(default_factory=Marks)
    """Of erased batches too."""
    looked: float = -1e9
    """When the store was listed last, by `time.monotonic`."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _known: DigestTable = field(default_factory=DigestTable)
    _counted: frozenset[str] = frozenset()

    def is_older_than(self, seconds: float) -> bool:
        """Whether the store should be listed again."""
        return time.monotonic() - self.looked > seconds

    def mark(self, marks: Marks) -> None:
        """Take in which batches are withdrawn."""
        self.marks = marks
        for id, entry in self.entries.items():  # noqa: A001 - the field's own name
            entry.is_withdrawn = marks.withdrawal(id) is not None

    @property
    def in_effect(self) -> list[Entry]:
        """The batches that count, oldest first."""
        return [entry for _, entry in sorted(self.entries.items()) if entry.is_in_effect]

    def known(self) -> DigestTable:
        """A table of every example in effect whose digest was read, with its `code`; the caller's own."""
        some = {entry.batch.id: entry for entry in self.in_effect if entry.digests is not None}
        if not self._counted <= some.keys():
            self._known, self._counted = DigestTable(), frozenset()
        for id in sorted(some.keys() - self._counted):  # noqa: A001 - the field's own name
            _add(self._known, some[id])
        self._counted = frozenset(some)
        return self._known.copy()


def code(place: int, use: Use) -> int:
    """The number of an example with a label of this place."""
    return 2 * place + USES.index(use)


def _add(table: DigestTable, entry: Entry) -> None:
    assert entry.digests is not None  # noqa: S101 - only those that were read are added
    keys, places = entry.digests
    table.add(keys, np.asarray(2 * places + USES.index(entry.batch.use), np.int32))
