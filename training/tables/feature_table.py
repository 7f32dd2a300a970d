"""The feature table: all rows of a data set with their ids, for callers who name a row instead of sending it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contract.card import FeatureTable
from contract.inputs import TableInput
from contract.table import Encoder
from training.tables.dataset import TableData, TableSplit
from training.tables.decoding import arrow_table
from training.tables.errors import EncodingChanged

GROUP = 32_768
"""Rows of a row group, which a reader holds at a time."""


def write_feature_table(data: TableData, path: Path) -> FeatureTable:
    """Write the rows of all splits: the model's columns and the id; raises `EncodingChanged`.

    What a reader encodes again becomes the features of training bit for bit; that is checked here.
    """
    if data.schema.id is None:
        raise ValueError("a feature table needs an id")
    rows, writer = 0, None
    try:
        for _, split in data.splits():
            for part in decoded_groups(split, data.schema):
                writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
                writer.write_table(part, row_group_size=GROUP)
                rows += len(part)
    finally:
        if writer is not None:
            writer.close()
    return FeatureTable(file=path.name, rows=rows)


def decoded_groups(split: TableSplit, schema: TableInput) -> Iterator[pa.Table]:
    """A split's rows in groups, decoded from their features, with their ids where the schema has one.

    Raises `EncodingChanged` where they would not become the same features again.
    """
    return (_part(split, slice(start, start + GROUP), schema) for start in range(0, len(split), GROUP))


def _part(split: TableSplit, rows: slice, schema: TableInput) -> pa.Table:
    features = split.features[rows]
    table = arrow_table(features, schema)
    (batch,) = table.combine_chunks().to_batches()
    encoded = Encoder(schema).batch(batch)
    if encoded.problems or not np.array_equal(encoded.features, features, equal_nan=True):
        raise EncodingChanged
    if schema.id is None:
        return table
    ids = split.rows[schema.id].combine_chunks().slice(rows.start, len(features))
    return table.add_column(0, schema.id, pa.chunked_array([ids]))
