"""Feedback in a gateway's PostgreSQL, whose tables and types are others than SQLite's."""

import numpy as np
from sqlalchemy.engine import make_url

from contract.table import Encoder
from gateway.database.migrating import upgrade
from tests.support.postgres import Postgres
from tests.support.table_versions import SCHEMA, TABLE_LABELS
from tests.support.told import log_prediction, tell_label
from training.feedback import latest_feedback
from training.retrain.database import open_engine
from training.tables.retraining.feedback import read_feedback

ROW = {"age": 31, "income": 2400.5, "employed": True, "purpose": "car"}


def test_the_last_word_on_a_row_is_read_from_postgresql() -> None:
    with Postgres() as server:
        upgrade(make_url(server.url))
        engine = open_engine(server.url)
        log_prediction(engine, 1, "credit", features=ROW)
        tell_label(engine, 1, "good", "bad")
        log_prediction(engine, 2, "credit", kind="picture", input_digest="ab" * 32)
        tell_label(engine, 2, "good")
        found = read_feedback(engine, "credit", SCHEMA, TABLE_LABELS).examples
        assert latest_feedback(engine, "credit", "picture", "input_digest") == [("ab" * 32, "good")]
        engine.dispose()
    assert found is not None
    np.testing.assert_array_equal(found.tensors, Encoder(SCHEMA).rows([ROW]).features)
    assert found.labels.tolist() == [1]
