"""The features of a table: each split's rows as a file, checked, encoded and split already."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contract.inputs import TableInput
from contract.table import Encoder
from training.data.features import FeaturesRecord
from training.data.storage import appearing, storage_errors
from training.errors import DataDamaged, DataInvalid
from training.tables.data.targets import label_names
from training.tables.dataset import Features, TableData, TableSplit
from training.tables.feature_table import decoded_groups
from training.tables.recipe import Recipe


def write_table(data: TableData, recipe: Recipe, folder: Path) -> FeaturesRecord:
    """Write a recipe's encoded rows into a new or empty folder, which gets all of its files at the end.

    Raises:
        EncodingChanged: what a reader encodes again would not be the same features.
        StorageFull, StorageFailed: the folder isn't empty, or can't be written.
    """
    record = FeaturesRecord(
        name=recipe.model,
        origin=data.source,
        input=data.schema,
        labels=data.labels,
        counts=data.counts(),
        digests=data.digests(),
    )
    with storage_errors(folder), appearing(folder) as unfinished:
        for name, split in data.splits():
            _write_split(split, data, recipe.target.column, unfinished / f"{name}.parquet")
        record.write(unfinished)
    return record


def read_table(folder: Path, recipe: Recipe) -> TableData:
    """Read what `write_table` wrote.

    Raises:
        DataUnknown: there are no features.
        DataInvalid: they were made by a recipe with other columns, id, SQL or labels.
        DataDamaged: they differ from their digests.
    """
    record = FeaturesRecord.read(folder)
    schema, labels = TableInput(columns=recipe.columns, id=recipe.id, sql=recipe.sql), label_names(recipe.target)
    if (record.input, record.labels) != (schema, labels):
        raise DataInvalid(f"The features in {folder} were made by another recipe; make them anew.")
    reader = _Reader(schema, labels, recipe.target.column)
    splits = {name: reader.read(folder / f"{name}.parquet") for name in record.digests}
    data = TableData(record.origin, schema, labels, splits["train"], splits["test"], splits.get("validation"))
    record.check(folder, data.digests())
    return data


def _write_split(split: TableSplit, data: TableData, target: str, path: Path) -> None:
    done, writer = 0, None
    for rows in decoded_groups(split, data.schema):
        targets = split.targets[done : done + len(rows)].astype(np.int32)
        table = rows.append_column(target, pa.DictionaryArray.from_arrays(targets, pa.array(data.labels)))
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
        done += len(rows)
    if writer is not None:
        writer.close()


class _Reader:
    """Reads a split's file."""

    def __init__(self, schema: TableInput, labels: tuple[str, ...], target: str) -> None:
        self._schema = schema
        self._labels = labels
        self._target = target

    def read(self, path: Path) -> TableSplit:
        try:
            rows = pq.read_table(path)
            targets = pc.index_in(rows[self._target].cast(pa.string()), pa.array(self._labels))
            return TableSplit(self._encoded(rows), targets.to_numpy().astype(np.int64), rows)
        except (OSError, KeyError, pa.ArrowException) as error:
            raise DataDamaged(f"The features in {path.parent} can't be read; make them anew.") from error

    def _encoded(self, rows: pa.Table) -> Features:
        encoder, features, done = Encoder(self._schema), np.empty((len(rows), len(self._schema.columns)), np.float32), 0
        for batch in rows.to_batches():
            features[done : done + len(batch)] = encoder.batch(batch).features
            done += len(batch)
        return features
