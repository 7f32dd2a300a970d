"""Uploaded rows join the training split of their base, and no other."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
import pyarrow as pa

from training.tables.dataset import Features, TableData, TableSplit
from training.tables.decoding import arrow_table
from training.tables.retraining.uploads import UploadedRows

SAME_AS_TEST, SAME_AS_VALIDATION = "same-as-test", "same-as-validation"
EVALUATED, TWICE, REPEATED_ID = "in-evaluation-data", "twice", "repeated-id"
DIGEST_BYTES = 16

Id = str | int


@dataclass(frozen=True)
class Joined:
    """The data with uploaded rows, how many came in, and how many were left out for which reason."""

    data: TableData
    added: int
    left_out: dict[str, int]


def join(base: TableData, uploaded: Iterable[UploadedRows], evaluation: Iterable[UploadedRows] = ()) -> Joined:
    """Add rows to the training split.

    Left out is a row that is the same as one of the test or validation rows, of the rows uploaded for `evaluation`, or
    of an earlier batch, and one whose id is there already. Rows without an id get one where the model has ids.
    """
    gate = _Gate(base, evaluation)
    parts = [gate.let_in(rows) for rows in uploaded]
    added = sum(len(part.targets) for part in parts)
    data = replace(base, train=_extended(base, parts)) if added else base
    return Joined(data, added, dict(gate.left_out))


def row_digests(features: Features) -> list[bytes]:
    """A digest of each encoded row; -0 is 0."""
    exact = np.ascontiguousarray(features + np.float32(0), "<f4")
    return [hashlib.sha256(row).digest()[:DIGEST_BYTES] for row in exact]


@dataclass
class _Gate:
    """Decides row by row."""

    base: TableData
    evaluation: Iterable[UploadedRows]
    left_out: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # The test rows come last: theirs is the reason that is told where a row is in several.
        self._held_out: dict[bytes, str] = {}
        for reason, features in self._kept_apart():
            self._held_out |= dict.fromkeys(row_digests(features), reason)
        self._seen: set[bytes] = set()
        self._ids = _Ids(self.base)

    def _kept_apart(self) -> Iterator[tuple[str, Features]]:
        yield from ((EVALUATED, rows.features) for rows in self.evaluation)
        if self.base.validation is not None:
            yield SAME_AS_VALIDATION, self.base.validation.features
        yield SAME_AS_TEST, self.base.test.features

    def let_in(self, rows: UploadedRows) -> UploadedRows:
        """Those that come in, with their ids."""
        taken: list[int] = []
        ids: list[Id | None] = []
        for place, (digest, given) in enumerate(zip(row_digests(rows.features), rows.ids, strict=True)):
            reason = self._reason(digest, given)
            if reason is not None:
                self.left_out[reason] += 1
                continue
            self._seen.add(digest)
            ids.append(self._ids.take(given))
            taken.append(place)
        return UploadedRows(rows.features[taken], rows.targets[taken], ids)

    def _reason(self, digest: bytes, given: Id | None) -> str | None:
        if digest in self._held_out:
            return self._held_out[digest]
        if digest in self._seen:
            return TWICE
        return REPEATED_ID if self._ids.has(given) else None


class _Ids:
    """The ids that are there; none where the model has no id."""

    def __init__(self, base: TableData) -> None:
        name = base.schema.id
        self._known = set() if name is None else {str(one) for split in _splits(base) for one in _list(split, name)}
        self._is_used = name is not None
        self._fresh = (one for number in count(1) if (one := str(-number)) not in self._known)

    def has(self, given: Id | None) -> bool:
        """Whether a row of this id is there."""
        return self._is_used and given is not None and str(given) in self._known

    def take(self, given: Id | None) -> Id | None:
        """The id of a row that comes in: the given one, or else one that no row has, a negative number."""
        if not self._is_used:
            return None
        taken = next(self._fresh) if given is None else given
        self._known.add(str(taken))
        return taken


def _splits(data: TableData) -> Iterator[TableSplit]:
    return (split for _, split in data.splits())


def _list(split: TableSplit, name: str) -> list[Id]:
    ids: list[Id] = split.rows[name].to_pylist()
    return ids


def _extended(base: TableData, parts: Sequence[UploadedRows]) -> TableSplit:
    features = np.concatenate([part.features for part in parts])
    targets = np.concatenate([part.targets for part in parts])
    ids = [one for part in parts for one in part.ids]
    train = base.train
    return TableSplit(
        np.concatenate([train.features, features]),
        np.concatenate([train.targets, targets]),
        _with_rows(base, arrow_table(features, base.schema), ids),
    )


def _with_rows(base: TableData, more: pa.Table, ids: Sequence[Id | None]) -> pa.Table:
    """The training rows as users send them, with more of them, in the columns and types that they have there."""
    rows, name = base.train.rows, base.schema.id
    if name is not None:
        fresh, rows = _joint_ids(rows, name, ids)
        more = more.append_column(name, fresh)
    shared = [one for one in rows.column_names if one in more.column_names]
    if not shared:
        return rows
    kept = rows.select(shared)
    return pa.concat_tables([kept, more.select(shared).cast(kept.schema, safe=False)])


def _joint_ids(rows: pa.Table, name: str, ids: Sequence[Id | None]) -> tuple[pa.Array, pa.Table]:
    """The new ids in the type that the old ones have; where a text came among numbers, all become texts."""
    texts = [str(one) for one in ids]
    if not pa.types.is_integer(rows.schema.field(name).type):
        return pa.array(texts, rows.schema.field(name).type), rows
    try:
        return pa.array([int(text) for text in texts], rows.schema.field(name).type), rows
    except (ValueError, OverflowError):
        place = rows.schema.get_field_index(name)
        return pa.array(texts, pa.string()), rows.set_column(place, name, rows[name].cast(pa.string()))
