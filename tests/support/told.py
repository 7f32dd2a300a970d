"""Predictions in a gateway's prediction log, and what callers told about them."""

from datetime import UTC, datetime

from sqlalchemy import Engine, insert

from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS
from tests.support.uploads import batch_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def log_prediction(engine: Engine, number: int, model: str, **values: object) -> None:
    """Log a prediction whose id is that of the number; of a row, unless it is said otherwise."""
    known = {"id": batch_id(number), "time": NOW, "kind": "row", "model": model, "version": 1}
    known |= {"latency_ms": 1.0, "principal": "test", "trace_id": "0" * 32}
    with engine.begin() as connection:
        connection.execute(insert(PREDICTIONS).values(known | values))


def tell_label(engine: Engine, number: int, *labels: str) -> None:
    """Tell what the prediction of a number truly was, once for each label."""
    with engine.begin() as connection:
        for label in labels:
            told = {"prediction_id": batch_id(number), "label": label, "time": NOW, "principal": "test"}
            connection.execute(insert(FEEDBACK).values(told))
