"""A feature table as the gateway looks rows up: encoded, on the disk, mapped into memory; found by sorted ids.

Encoding hundreds of millions of values takes seconds, so it is done once a table: the outcome lies in a folder that is
named by what it was made from, and appears by one rename.
"""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.card import VersionCard
from contract.digests import file_digest
from contract.errors import TableError, VersionDamaged
from contract.files import sync_folder
from contract.table import Encoder
from contract.tabular.reading import check_columns, encode, open_table
from gateway.errors import FeatureTableMissing
from gateway.inference import Features, table_input
from gateway.tables.answers import RowId
from gateway.tables.file_scorer import chunk_rows
from gateway.tables.ids import ids_of

FEATURES, IDS, ROWS = "features.npy", "ids.npy", "rows.npy"
PART = ".part-"
"""What a folder's name begins with while it is made."""
MAKING_S = 3600.0
"""After which such a folder is taken for one that was left half-made."""
MADE = re.compile(r"[0-9a-f]{32}")
"""Names that `cache_name` gives."""

Ids = NDArray[np.int64] | NDArray[np.bytes_]


@dataclass(frozen=True)
class FeatureIndex:
    """`features` is float32 [rows, columns]; `ids` are sorted, and `rows` says where each one's row is."""

    features: Features
    ids: Ids
    rows: NDArray[np.int64]

    def find(self, wanted: Sequence[RowId]) -> tuple[Features, list[RowId]]:
        """The rows of ids, float32 [ids, columns], and the ids that aren't there, whose rows are any."""
        keys = [self._key(one) for one in wanted]
        places = np.searchsorted(self.ids, np.array([key or self._none for key in keys], self.ids.dtype))
        places = np.minimum(places, len(self.ids) - 1)
        unknown = [
            one
            for one, key, found in zip(wanted, keys, self.ids[places].tolist(), strict=True)
            if key is None or key != found
        ]
        return np.asarray(self.features[self.rows[places]], np.float32), unknown

    @property
    def _is_text(self) -> bool:
        return self.ids.dtype.kind == "S"

    @property
    def _none(self) -> int | bytes:
        return b"" if self._is_text else 0

    def _key(self, one: RowId) -> int | bytes | None:
        """The id as it is stored; None for one that can't be: of the other type, or too long."""
        if isinstance(one, str):
            key = one.encode()
            return key if self._is_text and 0 < len(key) <= self.ids.dtype.itemsize and b"\0" not in key else None
        return None if self._is_text or not -(2**63) <= one < 2**63 else one


def cache_name(card: VersionCard) -> str:
    """The name of the folder for a version's feature table; versions with the same table and schema share it."""
    assert card.feature_table is not None  # noqa: S101 - asked of such versions alone
    schema = card.input.model_dump_json()
    return hashlib.sha256(f"{card.files[card.feature_table.file]} {schema}".encode()).hexdigest()[:32]


def load(card: VersionCard, folder: Path, cache: Path) -> FeatureIndex:
    """Map a version's table, made first if the cache lacks it.

    Raises `FeatureTableMissing`, `VersionDamaged`, or `OSError` where the cache can't be written.
    """
    made = cache / cache_name(card)
    if made.is_dir():
        with contextlib.suppress(FileNotFoundError, ValueError, EOFError):
            return _mapped(made)
        # Somebody took a file out of it, or cut one off.
        shutil.rmtree(made)
    _make(card, folder, made)
    return _mapped(made)


def _mapped(made: Path) -> FeatureIndex:
    return FeatureIndex(*(np.load(made / name, mmap_mode="r", allow_pickle=False) for name in (FEATURES, IDS, ROWS)))


def sweep(cache: Path, wanted: frozenset[str]) -> None:
    """Remove what no version needs any more, and what was left half-made; whatever else is there stays.

    Raises `OSError` where the cache can't be listed.
    """
    for path in cache.iterdir() if cache.is_dir() else ():
        if _is_left_over(path) or (MADE.fullmatch(path.name) and path.name not in wanted):
            shutil.rmtree(path, ignore_errors=True)


def _is_left_over(path: Path) -> bool:
    try:
        return path.name.startswith(PART) and time.time() - path.stat().st_mtime >= MAKING_S
    except FileNotFoundError:  # another gateway has just finished it
        return False


def _make(card: VersionCard, folder: Path, made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=made.parent, prefix=PART))
    try:
        _fill(card, folder, part)
        sync_folder(part)
        part.replace(made)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        # Another gateway may have been faster.
        if not made.is_dir():
            raise


def _fill(card: VersionCard, folder: Path, part: Path) -> None:
    table = card.feature_table
    assert table is not None  # noqa: S101 - see `cache_name`
    path = folder / table.file
    if not path.is_file():
        raise FeatureTableMissing("The version's feature table isn't on this gateway.")
    if file_digest(path) != card.files[table.file]:
        raise VersionDamaged("The version's feature table differs from its card.")
    with path.open("rb") as source, (part / FEATURES).open("wb") as sink:
        ids = _ids(list(_encoded(card, source, sink, table.rows)), table.rows)
    order = np.argsort(ids, kind="stable")
    if len(ids) > 1 and (ids[order][1:] == ids[order][:-1]).any():
        raise VersionDamaged("The version's feature table has an id twice.")
    _save(part / IDS, ids[order])
    _save(part / ROWS, order.astype(np.int64))


def _save(path: Path, array: NDArray[np.generic]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        _flush(file)


def _flush(file: BinaryIO) -> None:
    """To the disk: the folder's name promises that all of it is there, also after a loss of power."""
    file.flush()
    os.fsync(file.fileno())


def _encoded(card: VersionCard, source: BinaryIO, sink: BinaryIO, rows: int) -> Iterator[pa.Array]:
    """Write the encoded rows as they come; gives their ids."""
    schema = table_input(card)
    shape = (rows, len(schema.columns))
    np.lib.format.write_array_header_1_0(sink, {"descr": "<f4", "fortran_order": False, "shape": shape})
    encoder = Encoder(schema)
    try:
        table = open_table(source, "parquet", schema)
        check_columns(table, schema)
        for chunk in table.chunks(chunk_rows(len(schema.columns))):
            found = encode(chunk, encoder)
            if found.problems:
                raise VersionDamaged("A row of the version's feature table breaks the rules of its columns.")
            sink.write(found.features.tobytes())
            yield ids_of(chunk, schema.id)
    except TableError:
        raise VersionDamaged("The version's feature table can't be read.") from None
    _flush(sink)


def _ids(chunks: Sequence[pa.Array], rows: int) -> Ids:
    ids = pa.chunked_array(chunks)
    if len(ids) != rows or ids.null_count:
        raise VersionDamaged("The version's feature table has not as many rows with ids as the card says.")
    if pa.types.is_integer(ids.type):
        return np.asarray(ids.to_numpy(), np.int64)
    return np.array([text.encode() for text in ids.to_pylist()])
