"""Uploaded batches of rows, read from the object store and encoded."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from contract.examples.batch import LABEL, Batch
from contract.inputs import TableInput
from contract.table import Encoded, Encoder
from training.engines.served import Examples
from training.evaluating.errors import UploadUnfit
from training.tables.dataset import Features, Targets

BLOCK = 8_192
"""Rows that are held encoded at a time."""
UNKNOWN_LABEL, UNFIT = "label-unknown", "columns-unfit"
UNKNOWN = -1

Fetch = Callable[[str], bytes]
"""Gets an object of the model's by its digest."""
Wrong = Callable[[str, int, str], None]
"""Told of a reason, how many rows can't be taken for it, and a sentence about the first one."""


@dataclass(frozen=True)
class UploadedRows:
    """`features` is float32 [n, columns], `targets` int64 [n]; `ids` [n] are as sent, None where there are none."""

    features: Features
    targets: Targets
    ids: Sequence[str | int | None]


def refuse(_reason: str, count: int, sentence: str) -> None:
    """Take all rows or none: raise `UploadUnfit` with the sentence."""
    if count:
        raise UploadUnfit(sentence)


@dataclass(frozen=True)
class Counting:
    """Leaves out the rows that can't be taken, and counts them by reason."""

    counts: Counter[str]

    def __call__(self, reason: str, count: int, _sentence: str) -> None:
        """Count them."""
        if count:
            self.counts[reason] += count


def uploaded_rows(
    batches: Sequence[Batch],
    fetch: Fetch,
    schema: TableInput,
    labels: tuple[str, ...],
    *,
    block: int = BLOCK,
    wrong: Wrong = refuse,
) -> Iterator[UploadedRows]:
    """The rows of batches, in their order, in blocks; one batch's object is held at a time.

    `wrong` decides about rows with a label that is none of `labels`, or with values that break a rule of `schema`.
    Raises `UploadUnfit` where a batch holds pictures or is damaged, and what `fetch` and `wrong` raise.
    """
    encoder = Encoder(schema)
    for batch in batches:
        for rows in _stored(batch, fetch).iter_batches(min(block, BLOCK)):
            encoded, targets = encoder.batch(rows), _targets(rows, labels)
            good = _good(batch, rows, encoded, targets, wrong)
            ids = _ids(rows, schema.id)
            kept = [ids[place] for place in np.flatnonzero(good).tolist()]
            yield UploadedRows(encoded.features[good], targets[good], kept)


def uploaded_examples(rows: Iterator[UploadedRows]) -> Iterator[Examples]:
    """Uploaded rows as what a server can be asked."""
    return (Examples(part.features, part.targets) for part in rows)


def _stored(batch: Batch, fetch: Fetch) -> pq.ParquetFile:
    if batch.rows is None:
        raise UploadUnfit(f"Batch {batch.id} holds pictures; the model takes rows.")
    try:
        return pq.ParquetFile(pa.BufferReader(fetch(batch.rows.digest)))
    except pa.ArrowException:
        raise UploadUnfit(f"The rows of batch {batch.id} are damaged.") from None


def _good(batch: Batch, rows: pa.RecordBatch, encoded: Encoded, targets: Targets, wrong: Wrong) -> NDArray[np.bool_]:
    """Which rows can be taken, bool [n]."""
    known, fits = targets != UNKNOWN, encoded.accepted
    if not known.all():
        label = rows.column(LABEL)[int(np.argmin(known))].as_py()
        sentence = f"Batch {batch.id} has the label {label!r}, which is none of the model's."
        wrong(UNKNOWN_LABEL, int((~known).sum()), sentence)
    if not fits.all():
        first = encoded.problems[0]
        sentence = f"Batch {batch.id} doesn't fit the columns: {first.column!r} breaks the rule {first.rule!r}."
        wrong(UNFIT, int((known & ~fits).sum()), sentence)
    return np.asarray(known & fits)


def _targets(rows: pa.RecordBatch, labels: tuple[str, ...]) -> Targets:
    numbers = {label: number for number, label in enumerate(labels)}
    return np.array([numbers.get(label, UNKNOWN) for label in rows.column(LABEL).to_pylist()], np.int64)


def _ids(rows: pa.RecordBatch, column: str | None) -> Sequence[str | int | None]:
    if column is None or column not in rows.schema.names:
        return [None] * rows.num_rows
    ids: list[str | int | None] = rows.column(column).to_pylist()
    return ids
