"""Uploaded batches made by hand, as the gateway leaves them in the object store."""

import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from contract.examples.batch import LABEL, ROW_DIGEST, Batch, Picture, Rows, Use, batch_path, object_path

Objects = dict[str, bytes]
"""By their digests."""


def batch_id(number: int) -> str:
    """An id that sorts by the number."""
    return f"01890000-0000-7000-8000-{number:012x}"


def rows_batch(
    rows: pa.Table, labels: Sequence[str], *, model: str, number: int = 1, use: Use = Use.TRAINING
) -> tuple[Batch, Objects]:
    """A batch of rows with its object."""
    digests = [hashlib.sha256(repr(row).encode()).digest()[:16] for row in rows.to_pylist()]
    table = rows.append_column(LABEL, pa.array(labels)).append_column(ROW_DIGEST, pa.array(digests, pa.binary(16)))
    file = io.BytesIO()
    pq.write_table(table, file)
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return _batch(model, number, use, labels, len(content), rows=Rows(digest=digest, count=len(rows))), {
        digest: content
    }


def pictures_batch(
    pictures: Sequence[tuple[bytes, str]], *, model: str, number: int = 1, use: Use = Use.TRAINING
) -> tuple[Batch, Objects]:
    """A batch of encoded pictures with their labels, and its objects."""
    objects = {hashlib.sha256(body).hexdigest(): body for body, _ in pictures}
    known = tuple(Picture(digest=hashlib.sha256(body).hexdigest(), label=label) for body, label in pictures)
    size = sum(map(len, objects.values()))
    return _batch(model, number, use, [label for _, label in pictures], size, pictures=known), objects


def store_batch(store: ObjectStore, batch: Batch, objects: Mapping[str, bytes]) -> Batch:
    """Put a batch into a store: its objects, then its manifest."""
    for digest, content in objects.items():
        store.put(object_path(batch.model, digest), content)
    store.put(batch_path(batch.model, batch.id), batch.model_dump_json().encode())
    return batch


def _batch(
    model: str,
    number: int,
    use: Use,
    labels: Sequence[str],
    size: int,
    *,
    pictures: tuple[Picture, ...] = (),
    rows: Rows | None = None,
) -> Batch:
    return Batch(
        id=batch_id(number),
        model=model,
        use=use,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        principal="test",
        counts=dict(Counter(labels)),
        bytes=size,
        pictures=pictures,
        rows=rows,
    )
