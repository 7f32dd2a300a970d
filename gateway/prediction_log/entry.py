"""What the log keeps of one prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from gateway.prediction_log.looks import Look

Kind = Literal["picture", "row", "file", "tensor"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One prediction, or one file of them."""

    id: str
    """A UUID of version 7 (RFC 9562), which callers get too: sorting by it is sorting by time."""
    time: datetime
    """When it was made, in UTC, to the millisecond that the id holds."""
    kind: Kind
    """`file`: many rows in one entry; `tensor`: by the Open Inference Protocol."""
    model: str
    version: int
    label: str | None
    """The most probable label; None for a file."""
    probability: float | None
    """Of that label."""
    probabilities: Sequence[float] | None
    """Of every label, in the order of the version's card."""
    decision: str | None
    band: str | None
    row_id: str | None
    """The row's own id, where it has one."""
    input_digest: str | None
    """SHA-256 of what was sent for it, in hexadecimal digits: the picture's file, or the encoded row's bytes."""
    features: Mapping[str, Any] | Look | None
    """The row's values as sent, where the policy says so; of a picture three `Figures`, which are no values."""
    summary: Mapping[str, Any] | None
    """What a file's answer ends with; None for all else."""
    latency_ms: float
    principal: str
    """Who asked (`Principal.id`)."""
    trace_id: str


class PredictionLog(Protocol):
    """Takes note of predictions."""

    async def add(self, entries: Sequence[Entry], /) -> None:
        """Take note; returns when the entries are as safe as the settings promise.

        Raises `LogUnavailable` where that can't be had: then the predictions must not be answered.
        """
        ...
