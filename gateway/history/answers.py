"""What the history answers."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from contract.names import ModelName


class Feedback(BaseModel):
    """What a caller said about a prediction."""

    label: str
    """What was true."""
    time: AwareDatetime
    principal: str
    """Who said so."""


class LoggedPrediction(BaseModel):
    """One entry of the log."""

    id: str = Field(examples=["019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"])
    time: AwareDatetime
    kind: Literal["picture", "row", "file", "tensor"]
    """`file`: a whole scored file; `tensor`: asked for by the Open Inference Protocol."""
    model: ModelName
    version: int
    label: str | None
    """The most probable label; null for a file."""
    probability: float | None
    """Of that label."""
    probabilities: list[float] | None
    """Of every label, in the order of the version's labels."""
    decision: str | None
    band: str | None
    row_id: str | None
    """The row's own id, where the log's policy lets it be kept."""
    input_digest: str | None
    """SHA-256 of what was sent: the picture's file, the encoded row's bytes (float32), or the whole file."""
    features: dict[str, Any] | None
    """The row's values as sent, where the log's policy lets them be kept; of a picture its `brightness`, `contrast` and
    `sharpness`."""
    summary: dict[str, Any] | None
    """What a file came to; null for all else."""
    latency_ms: float
    principal: str
    """Who asked."""
    trace_id: str
    feedback: Feedback | None
    """What was said last about it."""


class LoggedPredictions(BaseModel):
    """A page of entries, the youngest first."""

    predictions: list[LoggedPrediction]
    next: str | None
    """The `cursor` of the next page; null where this is the last one."""


class PredictionDetails(LoggedPrediction):
    """One entry, with all that was said about it."""

    feedback_history: list[Feedback]
    """The oldest first."""


class Latency(BaseModel):
    """Quantiles of the time from the question to the answer, in milliseconds; null where nothing was predicted."""

    p50: float | None
    p95: float | None
    p99: float | None


class Bucket(BaseModel):
    """One span of time."""

    start: AwareDatetime
    predictions: int
    latency_ms: Latency


class Live(BaseModel):
    """How predictions turned out, by the last feedback of each."""

    feedback: int
    """Predictions about which something was said."""
    correct: int
    """Of those: the most probable label was true."""
    accuracy: float | None
    decisions_correct: int | None
    """Of those: the decision was true; null where there are no decisions."""


class VersionStatistics(BaseModel):
    """One version in the whole time asked for."""

    model: ModelName
    version: int
    predictions: int
    labels: dict[str, int]
    """Predictions by most probable label."""
    decisions: dict[str, int]
    """Predictions by decision; empty where the version has none."""
    latency_ms: Latency
    live: Live


class Statistics(BaseModel):
    """Counts over time. Scored files that are one entry are not in it: their summaries hold their counts."""

    since: AwareDatetime
    until: AwareDatetime
    bucket_s: int
    """Seconds of one bucket; each begins at a multiple of it since 1970."""
    predictions: int
    versions: list[VersionStatistics]
    buckets: list[Bucket]
    """Those in which something was predicted, the oldest first."""
