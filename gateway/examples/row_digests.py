"""The digests and labels of a batch's rows, from two columns of its Parquet object; everything here blocks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contract.examples.batch import LABEL, ROW_DIGEST
from gateway.examples.digests import SIZE, Codes, Keys, keys_of
from gateway.examples.index import Labels

if TYPE_CHECKING:
    from obstore import ReadableFile

ROWS = 16_384


def read_digests(file: "ReadableFile", labels: Labels) -> tuple[Keys, Codes]:
    """Both columns of all rows; raises what reading the store raises, and `pyarrow.ArrowException`."""
    parquet = pq.ParquetFile(pa.PythonFile(_Readable(file), "r"))
    batches = list(parquet.iter_batches(ROWS, columns=[LABEL, ROW_DIGEST], use_threads=False))
    keys = [keys_of(b"".join(batch.column(ROW_DIGEST).to_pylist())) for batch in batches]
    places = [labels.places(batch.column(LABEL).to_pylist()) for batch in batches]
    return _joined(keys, np.zeros(0, f"S{SIZE}")), _joined(places, np.zeros(0, np.int32))


def _joined(pieces: Sequence[Any], nothing: Any) -> Any:
    return np.concatenate([nothing, *pieces])


class _Readable:
    """The store's file as Arrow wants one: its reads give bytes."""

    closed = False

    def __init__(self, file: "ReadableFile") -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return bytes(self._file.read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        return None
