"""Uploaded batches of rows, read from the object store and encoded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contract.examples.batch import LABEL, Batch
from contract.inputs import TableInput
from contract.table import CellProblem, Encoder
from training.engines.served import Examples
from training.evaluating.errors import UploadUnfit
from training.tables.dataset import Features, Targets

BLOCK = 8_192
"""Rows that are held encoded at a time."""

Fetch = Callable[[str], bytes]
"""Gets an object of the model's by its digest."""


@dataclass(frozen=True)
class UploadedRows:
    """`features` is float32 [n, columns], `targets` int64 [n]; `ids` [n] are as sent, None where there are none."""

    features: Features
    targets: Targets
    ids: Sequence[str | int | None]


def uploaded_rows(
    batches: Sequence[Batch], fetch: Fetch, schema: TableInput, labels: tuple[str, ...], block: int = BLOCK
) -> Iterator[UploadedRows]:
    """The rows of batches, in their order, in blocks; one batch's object is held at a time.

    Raises `UploadUnfit` where a batch holds pictures, a label that is none of `labels`, or values that break a rule of
    `schema`; and what `fetch` raises.
    """
    encoder = Encoder(schema)
    for batch in batches:
        for rows in _stored(batch, fetch).iter_batches(min(block, BLOCK)):
            encoded = encoder.batch(rows)
            _refuse(batch, encoded.problems)
            yield UploadedRows(encoded.features, _targets(batch, rows, labels), _ids(rows, schema.id))


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


def _refuse(batch: Batch, problems: Sequence[CellProblem]) -> None:
    for problem in problems:
        raise UploadUnfit(
            f"Batch {batch.id} doesn't fit the model's columns any more: {problem.column!r} breaks the rule "
            f"{problem.rule!r}. Withdraw it, or give the rows anew."
        )


def _targets(batch: Batch, rows: pa.RecordBatch, labels: tuple[str, ...]) -> Targets:
    numbers = {label: number for number, label in enumerate(labels)}
    found = rows.column(LABEL).to_pylist()
    if unknown := next((label for label in found if label not in numbers), None):
        raise UploadUnfit(f"Batch {batch.id} has the label {unknown!r}, which is none of the model's.")
    return np.array([numbers[label] for label in found], np.int64)


def _ids(rows: pa.RecordBatch, column: str | None) -> Sequence[str | int | None]:
    if column is None or column not in rows.schema.names:
        return [None] * rows.num_rows
    ids: list[str | int | None] = rows.column(column).to_pylist()
    return ids
