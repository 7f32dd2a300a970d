"""Past predictions of rows that callers told the true label of, from the gateway's prediction log."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from contract.inputs import TableInput
from contract.table import Encoder
from training.engines.served import Examples
from training.feedback import latest_feedback
from training.tables.retraining.joining import row_digests


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
        found = latest_feedback(engine, model, "row", "features")
    except SQLAlchemyError:
        return Feedback(None, "The prediction log can't be read.")
    if not found:
        return Feedback(None, "Nobody has told the true label of a logged row.")
    kept = [(features, label) for features, label in found if isinstance(features, dict) and label in labels]
    if not kept:
        return Feedback(None, "The prediction log keeps no values of rows.")
    return _encoded(kept, schema, labels, known)


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
