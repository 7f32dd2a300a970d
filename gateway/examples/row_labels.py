"""The labels of a chunk's rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract.tabular.table_file import Chunk

MISSING, OTHER = -2, -1
"""In place of a label's place: there is none; it is none of the model's."""
Places = NDArray[np.int64]


def label_places(chunk: Chunk, target: str, labels: Sequence[str]) -> Places:
    """The place of each row's label among the model's, int64 [rows], or `MISSING` or `OTHER`."""
    if chunk.batch is None:
        known = {label: place for place, label in enumerate(labels)}
        return np.array([_place(row.get(target), known) for row in chunk.rows], np.int64)
    found = chunk.batch.schema.get_field_index(target)
    return _places(chunk.batch.column(found), labels)


def without_label(chunk: Chunk, target: str) -> Chunk:
    """The chunk as one that is to be predicted; of a record batch, unknown columns are passed over anyway."""
    if chunk.batch is not None:
        return chunk
    return replace(chunk, rows=[{name: row[name] for name in row if name != target} for row in chunk.rows])


def _place(value: object, known: dict[str, int]) -> int:
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        value = str(value).lower()
    return known.get(str(value), OTHER) if isinstance(value, str | int) else OTHER


def _places(values: pa.Array, labels: Sequence[str]) -> Places:
    if pa.types.is_dictionary(values.type):
        inner = pa.array(_places(values.dictionary, labels))
        return _filled(inner.take(values.indices), MISSING)
    is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    if not (is_text or pa.types.is_integer(values.type) or pa.types.is_boolean(values.type)):
        return np.where(values.is_null(), MISSING, OTHER)
    texts = pc.cast(values, pa.large_string())
    places = _filled(pc.cast(pc.index_in(texts, value_set=pa.array(labels, pa.large_string())), pa.int64()), OTHER)
    missing = np.asarray(pc.fill_null(pc.equal(texts, ""), True))
    return np.where(missing & (places == OTHER), MISSING, places)


def _filled(places: pa.Array, with_: int) -> Places:
    return np.asarray(pc.fill_null(places, with_), np.int64)
