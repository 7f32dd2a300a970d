"""What callers told about past predictions, in the gateway's prediction log. Only reads."""

from typing import Any, Literal

from sqlalchemy import JSON, Engine, Row, Text, Uuid, column, exists, select, table
from sqlalchemy.sql import Select

MOST = 10_000
"""Of the latest ones."""

_PREDICTIONS = table(
    "predictions",
    column("id", Uuid(as_uuid=False)),
    column("kind", Text),
    column("model", Text),
    column("input_digest", Text),
    column("features", JSON),
)
_FEEDBACK = table("feedback", column("number"), column("prediction_id", Uuid(as_uuid=False)), column("label", Text))


def latest_feedback(
    engine: Engine, model: str, kind: Literal["picture", "row"], what: Literal["input_digest", "features"]
) -> list[tuple[Any, str]]:
    """What was predicted on, and the label that it truly has, of a model's latest predictions, newest first.

    Of a prediction that was told of twice, the last word counts. Raises `sqlalchemy.exc.SQLAlchemyError`.
    """
    with engine.connect() as connection:
        found: list[Row[Any, str]] = list(connection.execute(_latest(model, kind, what)))
    return [(row[0], row[1]) for row in found]


def _latest(model: str, kind: str, what: str) -> Select[Any, str]:
    later = _FEEDBACK.alias("later")
    has_later = (later.c.prediction_id == _FEEDBACK.c.prediction_id) & (later.c.number > _FEEDBACK.c.number)
    return (
        select(_PREDICTIONS.c[what], _FEEDBACK.c.label)
        .join(_PREDICTIONS, _PREDICTIONS.c.id == _FEEDBACK.c.prediction_id)
        .where(_PREDICTIONS.c.model == model, _PREDICTIONS.c.kind == kind, ~exists().where(has_later))
        .order_by(_FEEDBACK.c.number.desc())
        .limit(MOST)
    )
