"""Entries for tests of the prediction log."""

from typing import Any

from gateway.identifiers import Identifiers
from gateway.prediction_log.entry import Entry
from gateway.prediction_log.ids import time_of

_IDENTIFIERS = Identifiers()


def entry(**changes: Any) -> Entry:
    own = changes.get("id") or _IDENTIFIERS.prediction_id()
    fields: dict[str, Any] = {
        "id": own,
        "time": time_of(own),
        "kind": "picture",
        "model": "tiny",
        "version": 1,
        "label": "cat",
        "probability": 0.75,
        "probabilities": [0.75, 0.25],
        "decision": None,
        "band": None,
        "row_id": None,
        "input_digest": "0" * 64,
        "features": None,
        "summary": None,
        "latency_ms": 1.5,
        "principal": "local:local",
        "trace_id": "1" * 32,
    }
    return Entry(**{**fields, **changes})
