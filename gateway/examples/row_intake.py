"""A table's way into a batch: chunks are read, checked as for a prediction, and written as they are kept."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.examples.batch import LABEL, ROW_DIGEST
from contract.table import CellProblem, Encoded, Features
from contract.tabular.reading import encode
from contract.tabular.table_file import Chunk, TableFile
from gateway.errors import RowInvalid
from gateway.examples.digests import SIZE, Keys, keys_of
from gateway.examples.errors import ExampleRefused, LabelMissing, LabelUnknown
from gateway.examples.ledger import REFUSALS, Ledger, Verdict
from gateway.examples.report import UploadReport
from gateway.examples.row_labels import MISSING, OTHER, Places, label_places, without_label
from gateway.examples.rows_file import RowsFile
from gateway.examples.typed_rows import typed
from gateway.row_report import NAME_MAX_LENGTH, SENTENCES
from gateway.tables.file_scorer import chunk_rows
from gateway.tables.model import TableModel


class RowIntake:
    """Takes the rows of one file, in memory that doesn't grow with it but for 20 bytes a row; everything blocks."""

    def __init__(self, model: TableModel, target: str, ledger: Ledger, report: UploadReport, out: RowsFile) -> None:
        self._model = model
        self._labels = model.card.output.labels
        self._target = target
        self._ledger = ledger
        self._report = report
        self._out = out
        self._seen = 0

    def chunks(self, table: TableFile) -> Iterator[Chunk]:
        """The chunks of a file."""
        return table.chunks(chunk_rows(len(self._model.schema.columns)))

    def take(self, chunk: Chunk, *, is_text: bool) -> None:
        """Take a chunk's rows; raises `ExamplesFull` and `DiskFull`."""
        places = label_places(chunk, self._target, self._labels)
        chunk = without_label(chunk, self._target)
        encoded = encode(chunk, self._model.text_encoder if is_text else self._model.encoder)
        self._refuse_invalid(encoded)
        self._refuse(encoded.accepted & (places == MISSING), LabelMissing)
        self._refuse(encoded.accepted & (places == OTHER), LabelUnknown)
        accepted = encoded.accepted & (places >= 0)
        if accepted.any():
            self._keep(typed(chunk, accepted, self._model.schema), np.flatnonzero(accepted), places[accepted])
        self._seen += len(chunk)

    def _keep(self, rows: pa.RecordBatch, numbers: NDArray[np.int64], places: Places) -> None:
        keys = row_keys(self._model.encoder.batch(rows).features)
        verdicts = self._ledger.judge(keys, places)
        self._report.duplicates += int((verdicts == Verdict.DUPLICATE).sum())
        for verdict, refusal in REFUSALS.items():
            self._refuse_rows(numbers[verdicts == verdict], refusal)
        new = verdicts == Verdict.NEW
        labels = [self._labels[place] for place in places[new]]
        self._report.accepted += Counter(labels)
        if labels:
            self._out.write(_with_label(rows.filter(pa.array(new)), labels, keys[new]))

    def _refuse_invalid(self, encoded: Encoded) -> None:
        before = -1
        for problem in encoded.problems:
            if problem.row != before:
                self._report.refuse(self._seen + problem.row, RowInvalid.code, _sentence(problem))
            before = problem.row

    def _refuse(self, rows: NDArray[np.bool_], refusal: type[ExampleRefused]) -> None:
        self._refuse_rows(np.flatnonzero(rows), refusal)

    def _refuse_rows(self, rows: NDArray[np.int64], refusal: type[ExampleRefused]) -> None:
        for row in rows.tolist():
            self._report.refuse(self._seen + row, refusal.code, f"{refusal.title}.")


def row_keys(features: Features) -> Keys:
    """BLAKE2b of 16 bytes of each encoded row, S16 [rows]; a missing number, and nought, count as the same bytes."""
    plain = np.where(np.isnan(features), np.float32(np.nan), features + np.float32(0))
    data, size = plain.astype("<f4").tobytes(), plain.shape[1] * 4
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    return keys_of(b"".join(hashlib.blake2b(piece, digest_size=SIZE).digest() for piece in pieces))


def _with_label(rows: pa.RecordBatch, labels: list[str], keys: Keys) -> pa.RecordBatch:
    arrays = [*rows.columns, pa.array(labels, pa.string()), _binary(keys)]
    return pa.RecordBatch.from_arrays(arrays, [*rows.schema.names, LABEL, ROW_DIGEST])


def _binary(keys: Keys) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(SIZE), len(keys), [None, pa.py_buffer(keys.tobytes())])


def _sentence(problem: CellProblem) -> str:
    place = f"Column {problem.column[:NAME_MAX_LENGTH]!r}" if problem.column else "The row"
    return f"{place}: {SENTENCES[problem.rule]} ({problem.value})."
