"""Uploaded rows are read as they were sent, and what doesn't fit is one sentence."""

from collections import Counter
from itertools import chain

import numpy as np
import pyarrow as pa
import pytest

from contract.examples.batch import Batch
from tests.support.table_versions import SCHEMA, TABLE_LABELS
from tests.support.uploads import Objects, pictures_batch, rows_batch
from training.evaluating.errors import UploadUnfit
from training.tables.retraining.uploads import Counting, uploaded_examples, uploaded_rows

ROWS = {
    "age": [31, 45, 60],
    "income": [2400.5, None, 10.0],
    "employed": [True, None, False],
    "purpose": ["car", "boat", "house"],
    "key": ["k1", "k2", None],
}


def batch(
    number: int = 1, labels: tuple[str, ...] = ("good", "bad", "bad"), **changes: object
) -> tuple[Batch, Objects]:
    return rows_batch(pa.table({**ROWS, **changes}), labels, model="credit", number=number)


def test_rows_of_all_batches_come_in_blocks_in_their_order() -> None:
    (first, one), (second, other) = batch(), batch(2, ("bad", "good", "good"))
    found = list(uploaded_rows([first, second], (one | other).__getitem__, SCHEMA, TABLE_LABELS, block=2))
    assert [len(part.targets) for part in found] == [2, 1, 2, 1]
    assert [target for part in found for target in part.targets.tolist()] == [0, 1, 1, 1, 0, 0]
    assert list(chain.from_iterable(part.ids for part in found))[:3] == ["k1", "k2", None]
    np.testing.assert_array_equal(found[0].features, [[31, 2400.5, 1, 0], [45, np.nan, 1, 3]])
    assert sum(map(len, uploaded_examples(iter(found)))) == 6


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (batch(labels=("good", "bad", "ugly")), "label 'ugly'"),
        (batch(age=[31, 45, 6]), "'age' breaks the rule 'range'"),
        (pictures_batch([(b"\x89PNG", "good")], model="credit"), "holds pictures"),
    ],
)
def test_what_doesn_t_fit_is_refused(given: tuple[Batch, Objects], sentence: str) -> None:
    found, objects = given
    with pytest.raises(UploadUnfit, match=sentence):
        list(uploaded_rows([found], objects.__getitem__, SCHEMA, TABLE_LABELS))


def test_rows_that_don_t_fit_can_be_left_out_and_counted() -> None:
    (first, one), (second, other) = batch(labels=("good", "ugly", "bad"), age=[3, 4, 45]), batch(2)
    counts: Counter[str] = Counter()
    found = list(
        uploaded_rows([first, second], (one | other).__getitem__, SCHEMA, TABLE_LABELS, wrong=Counting(counts))
    )
    assert [part.targets.tolist() for part in found] == [[1], [0, 1, 1]]
    assert [list(part.ids) for part in found] == [[None], ["k1", "k2", None]]
    assert counts == {"label-unknown": 1, "columns-unfit": 1}


def test_a_damaged_object_is_refused() -> None:
    found, _ = batch()
    with pytest.raises(UploadUnfit, match="damaged"):
        list(uploaded_rows([found], lambda _: b"PAR1 but not really", SCHEMA, TABLE_LABELS))
