"""Opening a table's file by its format."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO

from contract.columns import NUMBERS
from contract.errors import ColumnsMissing
from contract.inputs import TableInput
from contract.table import CellProblem, Encoded, Encoder
from contract.tabular.arrow_stream import ArrowStream
from contract.tabular.csv_file import CsvFile
from contract.tabular.formats import Format
from contract.tabular.json_lines import JsonLinesFile
from contract.tabular.parquet_file import ParquetFile
from contract.tabular.table_file import Chunk, TableFile, TableLimits, Wanted, listed

READERS: Mapping[Format, type[CsvFile] | type[ParquetFile] | type[JsonLinesFile] | type[ArrowStream]] = (
    MappingProxyType({"csv": CsvFile, "parquet": ParquetFile, "jsonl": JsonLinesFile, "arrow": ArrowStream})
)


def open_table(
    file: BinaryIO,
    format: Format,  # noqa: A002 - the field's own word
    schema: TableInput,
    limits: TableLimits | None = None,
    *,
    also: Sequence[str] = (),
) -> TableFile:
    """Open a file at its beginning; only the schema's columns, the id and those of `also` are read.

    Raises `TableEmpty`, `TableUnreadable`, `TableTooLarge`, `HeaderDuplicate`, and `ColumnsMissing` where none of these
    columns is there. Reading chunks later raises the first three.
    """
    numbers = frozenset(column.name for column in schema.columns if column.type in NUMBERS)
    return READERS[format](file, Wanted((*wanted_columns(schema), *also), numbers), limits or TableLimits())


def wanted_columns(schema: TableInput) -> tuple[str, ...]:
    """The columns of a file that a model reads: its own, and the id."""
    return schema.names if schema.id is None else (*schema.names, schema.id)


def missing_columns(table: TableFile, schema: TableInput) -> list[str]:
    """The model's columns that a file with a header lacks."""
    if table.columns is None:
        return []
    there = frozenset(table.columns)
    return [name for name in schema.names if name not in there]


def check_columns(table: TableFile, schema: TableInput) -> None:
    """Raise `ColumnsMissing` unless a file with a header has all of the model's columns.

    Those that may be missing in a row are no exception: a misspelt name would else pass for a missing value.
    """
    missing = missing_columns(table, schema)
    if missing:
        raise ColumnsMissing(f"The table lacks {len(missing):,} column(s) that the model needs: {listed(missing)}.")


def encode(chunk: Chunk, encoder: Encoder) -> Encoded:
    """Encode a chunk; a broken row has the one problem that it is none."""
    found = encoder.rows(chunk.rows) if chunk.batch is None else encoder.batch(chunk.batch)
    if not chunk.broken:
        return found
    problems = [problem for problem in found.problems if problem.row not in chunk.broken]
    problems += [CellProblem(row, "", "other", "columns") for row in chunk.broken]
    return Encoded(found.features, sorted(problems, key=lambda problem: problem.row))
