"""Feedback in a gateway's PostgreSQL, whose tables and types are others than SQLite's."""

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from contract.table import Encoder
from gateway.database.migrating import upgrade
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS
from tests.support.postgres import Postgres
from tests.support.table_versions import SCHEMA, TABLE_LABELS
from tests.support.uploads import batch_id
from training.retrain.database import open_engine
from training.tables.retraining.feedback import read_feedback

ROW = {"age": 31, "income": 2400.5, "employed": True, "purpose": "car"}


def test_the_last_word_on_a_row_is_read_from_postgresql() -> None:
    now = datetime.now(UTC)
    logged = {"id": batch_id(1), "time": now, "kind": "row", "model": "credit", "version": 1, "features": ROW}
    logged |= {"latency_ms": 1.0, "principal": "test", "trace_id": "0" * 32}
    told = {"prediction_id": batch_id(1), "time": now, "principal": "test"}
    with Postgres() as server:
        upgrade(make_url(server.url))
        engine = open_engine(server.url)
        with engine.begin() as connection:
            connection.execute(insert(PREDICTIONS).values(logged))
            for label in ("good", "bad"):
                connection.execute(insert(FEEDBACK).values({**told, "label": label}))
        found = read_feedback(engine, "credit", SCHEMA, TABLE_LABELS).examples
        engine.dispose()
    assert found is not None
    np.testing.assert_array_equal(found.tensors, Encoder(SCHEMA).rows([ROW]).features)
    assert found.labels.tolist() == [1]
