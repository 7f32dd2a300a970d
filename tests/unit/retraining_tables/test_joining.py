"""Uploaded rows join the training rows once, and never one that the model is tested on."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from contract.inputs import TableInput
from tests.support import mixed_table
from training.tables.dataset import TableData, TableSplit
from training.tables.decoding import arrow_table
from training.tables.retraining.joining import join, row_digests
from training.tables.retraining.uploads import UploadedRows

SCHEMA = TableInput(columns=mixed_table.COLUMNS, id="number")


def with_ids(split: TableSplit, first: int) -> TableSplit:
    ids = pa.array(range(first, first + len(split)), pa.int64())
    return replace(split, rows=arrow_table(split.features, SCHEMA).append_column("number", ids))


def base() -> TableData:
    data = mixed_table.data(train=20, validation=10, test=10, missing=0.2)
    assert data.validation is not None
    return replace(
        data,
        schema=SCHEMA,
        train=with_ids(data.train, 0),
        test=with_ids(data.test, 100),
        validation=with_ids(data.validation, 200),
    )


def fresh(count: int, seed: int = 9, ids: list[str | int | None] | None = None) -> UploadedRows:
    features, targets = mixed_table.rows(count, seed)
    return UploadedRows(features, targets, ids or [None] * count)


def test_new_rows_join_the_training_rows_alone() -> None:
    data, more = base(), fresh(5, ids=[1000, 1001, 1002, 1003, 1004])
    joined = join(data, [more])
    assert (joined.added, joined.left_out) == (5, {})
    np.testing.assert_array_equal(joined.data.train.features[-5:], more.features)
    assert joined.data.train.targets[-5:].tolist() == more.targets.tolist()
    assert joined.data.train.rows["number"].to_pylist()[-5:] == [1000, 1001, 1002, 1003, 1004]
    assert joined.data.train.rows.schema == data.train.rows.schema
    digests, before = joined.data.digests(), data.digests()
    assert digests["train"] != before["train"]
    assert (digests["test"], digests["validation"]) == (before["test"], before["validation"])


def test_rows_that_are_tested_on_stay_out() -> None:
    data = base()
    assert data.validation is not None
    for held_out, reason in ((data.test, "same-as-test"), (data.validation, "same-as-validation")):
        again = UploadedRows(held_out.features, 1 - held_out.targets, [None] * 10)
        joined = join(data, [again])
        assert (joined.added, joined.left_out) == (0, {reason: 10})
        assert joined.data is data


def test_the_first_of_equal_rows_wins() -> None:
    data, first = base(), fresh(4)
    second = UploadedRows(first.features, 1 - first.targets, first.ids)
    joined = join(data, [first, second])
    assert (joined.added, joined.left_out) == (4, {"twice": 4})
    assert joined.data.train.targets[-4:].tolist() == first.targets.tolist()


def test_rows_that_were_uploaded_for_evaluation_stay_out() -> None:
    known, new = fresh(4), fresh(2, seed=11)
    joined = join(base(), [known, new], evaluation=[known])
    assert (joined.added, joined.left_out) == (2, {"in-evaluation-data": 4})


def test_ids_stay_unique() -> None:
    joined = join(base(), [fresh(4, ids=[3, 105, 77, None]), fresh(2, seed=10, ids=[77, None])])
    assert (joined.added, joined.left_out) == (3, {"repeated-id": 3})
    assert joined.data.train.rows["number"].to_pylist()[-3:] == [77, -1, -2]


def test_a_text_among_numbers_makes_all_ids_texts() -> None:
    joined = join(base(), [fresh(2, ids=["A1", 7_000])])
    assert joined.data.train.rows["number"].to_pylist()[-3:] == ["19", "A1", "7000"]


def test_a_model_without_ids_takes_rows_without_columns() -> None:
    joined = join(mixed_table.data(), [fresh(3)])
    assert (joined.added, len(joined.data.train)) == (3, 243)


def test_zero_has_one_digest() -> None:
    one, other = row_digests(np.array([[0.0, np.nan], [-0.0, np.nan]], np.float32))
    assert one == other
