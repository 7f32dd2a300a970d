"""What callers said of past predictions becomes examples that were not learned from."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.engine import make_url

from contract.table import Encoder
from gateway.database.migrating import upgrade
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS
from tests.support.table_versions import SCHEMA, TABLE_LABELS
from tests.support.uploads import batch_id
from training.tables.retraining.feedback import Feedback, read_feedback
from training.tables.retraining.joining import row_digests

ROW = {"age": 31, "income": 2400.5, "employed": True, "purpose": "car"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A gateway's database."""
    url = make_url(f"sqlite:///{tmp_path}/gateway.db")
    upgrade(url)
    engine = create_engine(url)
    yield engine
    engine.dispose()


def predict(engine: Engine, number: int, features: dict[str, Any] | None, **changes: object) -> None:
    values = {
        "id": batch_id(number),
        "time": NOW,
        "kind": "row",
        "model": "credit",
        "version": 1,
        "features": features,
        "latency_ms": 1.0,
        "principal": "test",
        "trace_id": "0" * 32,
    }
    with engine.begin() as connection:
        connection.execute(insert(PREDICTIONS).values(values | changes))


def tell(engine: Engine, number: int, *labels: str) -> None:
    with engine.begin() as connection:
        for label in labels:
            values = {"prediction_id": batch_id(number), "label": label, "time": NOW, "principal": "test"}
            connection.execute(insert(FEEDBACK).values(values))


def read(engine: Engine, **more: Any) -> Feedback:
    return read_feedback(engine, "credit", SCHEMA, TABLE_LABELS, **more)


def test_the_last_word_on_each_row_counts(engine: Engine) -> None:
    for number, age in enumerate((31, 45, 60)):
        predict(engine, number, {**ROW, "age": age})
    tell(engine, 0, "bad", "good")
    tell(engine, 2, "bad")
    found = read(engine).examples
    assert found is not None
    assert found.tensors[:, 0].tolist() == [60, 31]
    assert found.labels.tolist() == [1, 0]


def test_rows_that_were_learned_from_or_don_t_fit_are_left_out(engine: Engine) -> None:
    learned = Encoder(SCHEMA).rows([ROW]).features
    for number, age in enumerate((31, 5, 60)):
        predict(engine, number, {**ROW, "age": age})
        tell(engine, number, "good")
    found = read(engine, known=frozenset(row_digests(learned))).examples
    assert found is not None
    np.testing.assert_array_equal(found.tensors, Encoder(SCHEMA).rows([{**ROW, "age": 60}]).features)


def test_why_there_is_none_is_one_sentence(engine: Engine, tmp_path: Path) -> None:
    assert read(engine) == Feedback(None, "Nobody has told the true label of a logged row.")
    predict(engine, 1, None)
    predict(engine, 2, ROW, model="another")
    predict(engine, 3, ROW, kind="file")
    for number in (1, 2, 3):
        tell(engine, number, "good")
    assert read(engine) == Feedback(None, "The prediction log keeps no values of rows.")
    predict(engine, 4, {**ROW, "age": 5})
    tell(engine, 4, "good")
    assert "don't fit" in read(engine).lack
    elsewhere = create_engine(f"sqlite:///{tmp_path}/another.db")
    assert read(elsewhere) == Feedback(None, "The prediction log can't be read.")
    elsewhere.dispose()
