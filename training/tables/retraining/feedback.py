"""Past predictions of rows that callers told the true label of, from the gateway's prediction log."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import JSON, Engine, Text, Uuid, column, exists, select, table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import Select

from contract.inputs import TableInput
from contract.table import Encoder
from training.engines.served import Examples
from training.tables.retraining.joining import row_digests

MOST = 10_000
"""Of the latest ones."""

_PREDICTIONS = table(
    "predictions",
    column("id", Uuid(as_uuid=False)),
    column("kind", Text),
    column("model", Text),
    column("features", JSON),
)
_FEEDBACK = table("feedback", column("number"), column("prediction_id", Uuid(as_uuid=False)), column("label", Text))


@dataclass(frozen=True)
class Feedback:
    """Rows whose label is known, or why there are none."""

    examples: Examples | None
    lack: str = ""


def read_feedback(
    engine: Engine, model: str, schema: TableInput, labels: tuple[str, ...], known: frozenset[bytes] = frozenset()
) -> Feedback:
    """The latest rows that can be encoded; those whose digest is `known`, as that of a training row, are left out.

    Only reads. Of a prediction that was told of twice, the last word counts.
    """
    try:
        with engine.connect() as connection:
            found = connection.execute(_latest(model)).all()
    except SQLAlchemyError:
        return Feedback(None, "The prediction log can't be read.")
    if not found:
        return Feedback(None, "Nobody has told the true label of a logged row.")
    kept = [(features, label) for features, label in found if isinstance(features, dict) and label in labels]
    if not kept:
        return Feedback(None, "The prediction log keeps no values of rows.")
    return _encoded(kept, schema, labels, known)


def _latest(model: str) -> Select[object, str]:
    later = _FEEDBACK.alias("later")
    has_later = (later.c.prediction_id == _FEEDBACK.c.prediction_id) & (later.c.number > _FEEDBACK.c.number)
    return (
        select(_PREDICTIONS.c.features, _FEEDBACK.c.label)
        .join(_PREDICTIONS, _PREDICTIONS.c.id == _FEEDBACK.c.prediction_id)
        .where(_PREDICTIONS.c.model == model, _PREDICTIONS.c.kind == "row", ~exists().where(has_later))
        .order_by(_FEEDBACK.c.number.desc())
        .limit(MOST)
    )


def _encoded(
    kept: Sequence[tuple[dict[str, object], str]],
    schema: TableInput,
    labels: tuple[str, ...],
    known: frozenset[bytes],
) -> Feedback:
    names = set(schema.names)
    rows = [{name: value for name, value in features.items() if name in names} for features, _ in kept]
    targets = np.array([labels.index(label) for _, label in kept], np.int64)
    encoded = Encoder(schema).rows(rows)
    is_new = np.array([digest not in known for digest in row_digests(encoded.features)], bool)
    usable = encoded.accepted & is_new
    if not usable.any():
        return Feedback(None, "The logged rows were all learned from, or don't fit the model's columns.")
    return Feedback(Examples(encoded.features[usable], targets[usable]))
