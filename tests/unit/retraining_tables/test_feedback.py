"""What callers said of past predictions becomes examples that were not learned from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from contract.table import Encoder
from gateway.database.migrating import upgrade
from tests.support.table_versions import SCHEMA, TABLE_LABELS
from tests.support.told import log_prediction, tell_label
from training.tables.retraining.feedback import Feedback, read_feedback
from training.tables.retraining.joining import row_digests

ROW = {"age": 31, "income": 2400.5, "employed": True, "purpose": "car"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A gateway's database."""
    url = make_url(f"sqlite:///{tmp_path}/gateway.db")
    upgrade(url)
    engine = create_engine(url)
    yield engine
    engine.dispose()


def predict(
    engine: Engine, number: int, features: dict[str, Any] | None, model: str = "credit", **more: object
) -> None:
    log_prediction(engine, number, model, features=features, **more)


def read(engine: Engine, **more: Any) -> Feedback:
    return read_feedback(engine, "credit", SCHEMA, TABLE_LABELS, **more)


def test_the_last_word_on_each_row_counts(engine: Engine) -> None:
    for number, age in enumerate((31, 45, 60)):
        predict(engine, number, {**ROW, "age": age})
    tell_label(engine, 0, "bad", "good")
    tell_label(engine, 2, "bad")
    found = read(engine).examples
    assert found is not None
    assert found.tensors[:, 0].tolist() == [60, 31]
    assert found.labels.tolist() == [1, 0]


def test_rows_that_were_learned_from_or_don_t_fit_are_left_out(engine: Engine) -> None:
    learned = Encoder(SCHEMA).rows([ROW]).features
    for number, age in enumerate((31, 5, 60)):
        predict(engine, number, {**ROW, "age": age})
        tell_label(engine, number, "good")
    found = read(engine, known=frozenset(row_digests(learned))).examples
    assert found is not None
    np.testing.assert_array_equal(found.tensors, Encoder(SCHEMA).rows([{**ROW, "age": 60}]).features)


def test_why_there_is_none_is_one_sentence(engine: Engine, tmp_path: Path) -> None:
    assert read(engine) == Feedback(None, "Nobody has told the true label of a logged row.")
    predict(engine, 1, None)
    predict(engine, 2, ROW, model="another")
    predict(engine, 3, ROW, kind="file")
    for number in (1, 2, 3):
        tell_label(engine, number, "good")
    assert read(engine) == Feedback(None, "The prediction log keeps no values of rows.")
    predict(engine, 4, {**ROW, "age": 5})
    tell_label(engine, 4, "good")
    assert "don't fit" in read(engine).lack
    elsewhere = create_engine(f"sqlite:///{tmp_path}/another.db")
    assert read(elsewhere) == Feedback(None, "The prediction log can't be read.")
    elsewhere.dispose()
