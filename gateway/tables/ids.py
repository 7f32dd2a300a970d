"""The ids of a file's rows, for its answer."""

import pyarrow as pa
import pyarrow.compute as pc

from contract.errors import TableUnreadable
from contract.tabular.table_file import Chunk

ID_MAX_LENGTH = 256
ID_MAX = 2**63


def is_id(value: object) -> bool:
    """Whether a value may be a row's id: a text that is not too long, or a whole number of 64 bits."""
    if isinstance(value, str):
        return len(value) <= ID_MAX_LENGTH
    return isinstance(value, int) and not isinstance(value, bool) and -ID_MAX <= value < ID_MAX


def ids_of(chunk: Chunk, name: str | None) -> pa.Array:
    """The ids of a chunk's rows: int64, or texts; NULL where a row has none, or none that can be told.

    Raises `TableUnreadable` where an id is longer than any id may be.
    """
    if name is None:
        return pa.nulls(len(chunk), pa.string())
    if chunk.batch is None:
        return pa.array([_text(row.get(name)) for row in chunk.rows], pa.string())
    place = chunk.batch.schema.get_field_index(name)
    return pa.nulls(len(chunk), pa.string()) if place < 0 else _plain(chunk.batch.column(place))


def _text(value: object) -> str | None:
    return str(value) if is_id(value) else None


def _plain(values: pa.Array) -> pa.Array:
    if pa.types.is_integer(values.type) and values.type != pa.uint64():
        return values.cast(pa.int64())
    if pa.types.is_dictionary(values.type):
        _check_length(values.dictionary)
    try:
        texts = pc.cast(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(values), pa.string())
    _check_length(texts)
    return texts


def _check_length(values: pa.Array) -> None:
    if any(is_one(values.type) for is_one in (pa.types.is_string, pa.types.is_large_string)):
        longest = pc.max(pc.utf8_length(values)).as_py()
        if longest is not None and longest > ID_MAX_LENGTH:
            raise TableUnreadable(f"An id has more than {ID_MAX_LENGTH} characters.")
