"""`trireme data convert`: a CSV file as Parquet, with dictionaries and zstd, in bounded memory."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from rich.console import Console

from contract.files import sync_folder
from training.data.storage import storage_errors
from training.tables.data.problems import Problems
from training.tables.data.typed import TypedTable
from training.tables.errors import RowsInvalid

GROUP_ROWS = 65_536
"""Rows of a row group: what is held in memory, here and by a reader."""
GROUP_BYTES = 256 * 2**20
"""So many of wide rows are a group too, however few."""
COMPRESSION = "zstd"


@dataclass(frozen=True)
class Converted:
    """What was written."""

    rows: int
    left_out: int
    bytes: int


def convert_file(rows: TypedTable, target: Path, problems: Problems, console: Console, *, skip_bad: bool) -> Converted:
    """Write the good rows to a Parquet file, which appears when it is whole; without `skip_bad` all must be good.

    Raises:
        RowsInvalid: rows have problems; nothing is written.
        StorageFull, StorageFailed: the file can't be written; nothing is left of it.
    """
    with storage_errors(target.parent), _whole(target) as temporary:
        count = 0
        with parquet.ParquetWriter(temporary, rows.schema, compression=COMPRESSION, use_dictionary=True) as writer:
            for group in _groups(rows.batches(problems, f"Converting {rows.source.name}", console)):
                writer.write_table(group, row_group_size=GROUP_ROWS)
                count += group.num_rows
        if problems and not skip_bad:
            raise RowsInvalid(f"Nothing is written: {len(problems):,} values are wrong ({problems.sentence()}).")
    return Converted(count, problems.rows, target.stat().st_size)


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        is_wide = sum(part.nbytes for part in held) >= GROUP_BYTES
        if is_wide or sum(part.num_rows for part in held) >= GROUP_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file beside the target, which takes its place at the end, or is gone when anything fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    temporary = Path(name)
    try:
        yield temporary
        os.fchmod(handle, 0o644)
        os.fsync(handle)
        temporary.replace(target)
    finally:
        os.close(handle)
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)
