"""The answers to a chunk of a file's rows, as a record batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.table import Encoded
from gateway.row_report import NAME_MAX_LENGTH
from gateway.tables.scoring import Codes, Scored, Scoring

PROBLEMS_SHOWN = 3
"""Of a row, in the column `error`."""


@dataclass(frozen=True)
class ScoredChunk:
    """Rows of a file with their answers."""

    first: int
    """The first row's place in the file, from 0."""
    ids: pa.Array
    encoded: Encoded
    scored: Scored
    """Of the accepted rows alone."""


def result_schema(scoring: Scoring, ids: pa.DataType) -> pa.Schema:
    """The answer's columns."""
    fields = [("row", pa.int64()), ("id", ids), ("label", pa.string())]
    fields += [(name, pa.float32()) for name in probability_names(scoring)]
    fields += [(name, pa.string()) for name in ("decision", "band", "error")]
    return pa.schema(fields)


def probability_names(scoring: Scoring) -> list[str]:
    """`probability_<label>`: of the label that a decision is about; without a decision of each."""
    labels = scoring.labels if scoring.decision is None else (scoring.decision.positive,)
    return [f"probability_{label}" for label in labels]


def result_batch(chunk: ScoredChunk, scoring: Scoring, schema: pa.Schema) -> pa.RecordBatch:
    """One row for each row of the file; one with an `error` has no answer."""
    accepted, scored = chunk.encoded.accepted, chunk.scored
    places = pa.array(np.cumsum(accepted) - 1, mask=~accepted)
    rows = range(chunk.first, chunk.first + len(accepted))
    columns = [pa.array(np.arange(rows.start, rows.stop)), chunk.ids.cast(schema.field("id").type)]
    columns.append(_names(scoring.labels, scored.labels).take(places))
    columns += [pa.array(numbers).take(places) for numbers in _probabilities(scoring, scored)]
    for names, codes in ((scoring.labels, scored.decisions), (scoring.bands, scored.bands)):
        columns.append(_names(names, codes).take(places) if codes is not None else pa.nulls(len(rows), pa.string()))
    columns.append(_errors(chunk.encoded))
    return pa.record_batch(columns, schema=schema)


def _names(names: Sequence[str], codes: Codes) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(codes))


def _probabilities(scoring: Scoring, scored: Scored) -> list[NDArray[np.float32]]:
    places = range(len(scoring.labels)) if scoring.positive is None else [scoring.positive]
    return [np.ascontiguousarray(scored.probabilities[:, place], np.float32) for place in places]


def _errors(encoded: Encoded) -> pa.Array:
    found: dict[int, list[str]] = {}
    for problem in encoded.problems:
        some = found.setdefault(problem.row, [])
        if len(some) < PROBLEMS_SHOWN:
            some.append(f"{problem.column[:NAME_MAX_LENGTH]}:{problem.rule}")
    return pa.array(["; ".join(found[row]) if row in found else None for row in range(len(encoded.features))])
