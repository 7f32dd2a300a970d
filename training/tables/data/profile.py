"""What is in each column of a table, found in one pass and in bounded memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.tables.data.kinds import DATE, Kind, absent, convert, is_text, kind_of, plain
from training.tables.data.source import Batch
from training.tables.data.targets import texts

MAX_DISTINCT = 10_000
"""So many different values of a column are remembered."""
NUMBERS_SHARE = 0.95
"""A column with this share of numbers is one of numbers with errors, not one of texts."""
LONG_OR_ZERO = r"^[+-]?(0[0-9]+|[0-9]{19,})$"
"""Digits that are a code, such as 01067, or too many for a number."""


@dataclass
class ColumnProfile:
    """One column's values; texts are looked at as what they may stand for."""

    name: str
    is_text: bool
    rows: int = 0
    missing: int = 0
    types: dict[Kind, int] = field(default_factory=dict)
    """How many values are of a kind; a text counts for each kind that it may stand for."""
    coded: bool = False
    minimum: float | None = None
    maximum: float | None = None
    distinct: set[str] | None = field(default_factory=set)
    """The different values, as texts; None where they are too many."""

    @property
    def known(self) -> int:
        """How many values there are."""
        return self.rows - self.missing

    @property
    def kind(self) -> Kind:
        """What the column holds."""
        for kind in ("int", "float", "bool", "date", "timestamp", "other"):
            if self._mostly(kind):
                return kind
        return "text"

    @property
    def bad(self) -> int:
        """How many values are not of the column's kind."""
        return 0 if self.kind == "text" else self.known - self.types[self.kind]

    @property
    def is_zero_or_one(self) -> bool:
        """Whether all values are 0 or 1, and both are there."""
        return self.types.get("int", 0) == self.known and self.distinct == {"0", "1"}

    def _mostly(self, kind: Kind) -> bool:
        count = self.types.get(kind, 0)
        if kind == "int" and count < self.types.get("float", 0):
            return False
        return bool(self.known) and not self.coded and count >= NUMBERS_SHARE * self.known

    def add(self, values: pa.Array) -> None:
        """Look at more values."""
        values = plain(values)
        self.rows += len(values)
        given = _given(values)
        self.missing += len(values) - len(given)
        if len(given):
            self._remember(given)
            self._count(given)

    def _remember(self, given: pa.Array) -> None:
        if self.distinct is not None and kind_of(given.type) != "other":
            unique = pc.unique(given).slice(0, MAX_DISTINCT + 1)
            # A category is what stands there, a number or a truth value what a recipe calls it.
            self.distinct.update(unique.to_pylist() if is_text(given.type) else filter(None, texts(unique)))
            self.distinct = self.distinct if len(self.distinct) <= MAX_DISTINCT else None

    def _count(self, given: pa.Array) -> None:
        own = kind_of(given.type)
        if own != "text":
            self._add(own, len(given))
            if own == "int":
                self._add("float", len(given))
            if own in {"int", "float"}:
                self._widen(pc.cast(given, pa.float64(), safe=False))
        elif self.is_text:
            self._count_texts(given)

    def _count_texts(self, given: pa.Array) -> None:
        numbers, bad = convert(given, "float")
        self._add("float", len(given) - int(bad.sum()))
        if not bad.all():
            self._widen(numbers)
            self._add("int", int(pc.sum(pc.equal(numbers, pc.floor(numbers))).as_py() or 0))
            self.coded = self.coded or _has_codes(given)
        else:
            self._add("bool", len(given) - int(convert(given, "bool")[1].sum()))
            self._add("date", int(pc.sum(pc.match_substring_regex(given, DATE)).as_py()))

    def _add(self, kind: Kind, count: int) -> None:
        self.types[kind] = self.types.get(kind, 0) + count

    def _widen(self, numbers: pa.Array) -> None:
        ends = pc.min_max(numbers)
        low, high = ends["min"].as_py(), ends["max"].as_py()
        if low is not None:
            self.minimum = low if self.minimum is None else min(low, self.minimum)
            self.maximum = high if self.maximum is None else max(high, self.maximum)


def _has_codes(given: pa.Array) -> bool:
    few = given.filter(pc.or_(pc.starts_with(given, "0"), pc.greater_equal(pc.binary_length(given), 19)))
    return bool(pc.any(pc.match_substring_regex(few, LONG_OR_ZERO)).as_py())


def _given(values: pa.Array) -> pa.Array:
    """The values that aren't missing."""
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    values = values.drop_null()
    return values.filter(pc.invert(absent(values))) if is_text(values.type) else values


def profile(names: Iterable[str], batches: Iterable[Batch], *, is_text: bool) -> list[ColumnProfile]:
    """Look at every value of a table with columns of these names."""
    columns = [ColumnProfile(name, is_text) for name in names]
    for batch in batches:
        for place, column in enumerate(columns):
            column.add(batch.rows.column(place))
    return columns


def is_unique(batches: Iterable[Batch], name: str) -> bool:
    """Whether no value of a column repeats, by 64-bit hashes: eight bytes a row."""
    hashes = [
        np.fromiter((hash(value) for value in batch.rows.column(name).to_pylist()), np.int64) for batch in batches
    ]
    every = np.concatenate(hashes) if hashes else np.empty(0, np.int64)
    return len(np.unique(every)) == len(every)
