"""What the gateway answers about rows."""

from typing import Literal

from pydantic import BaseModel, Field

from contract.names import ModelName
from gateway.answers import Timings

RowId = str | int


class Contribution(BaseModel):
    """What one column adds to the answer."""

    column: str
    value: float | str | None
    """The row's value: a number, an allowed category, or null where it is missing."""
    contribution: float
    """On the explanation's scale."""


class RowExplanation(BaseModel):
    """Why: the base and all contributions add up to the model's answer on this scale."""

    label: str
    """The label whose probability is explained."""
    scale: Literal["log-odds", "probability"]
    base: float
    """The answer for the average row."""
    contributions: list[Contribution]
    """The largest first, whatever its sign."""


class RowAnswer(BaseModel):
    """The answer for one row."""

    id: str = Field(examples=["019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"])
    """Of this prediction."""
    row_id: RowId | None = None
    """The row's own id, where the model knows such a column and the row has it."""
    label: str
    """The most probable label."""
    probability: float
    """Of that label."""
    probabilities: dict[str, float]
    """Of every label."""
    decision: str | None = None
    """The label that the version's threshold decides for; null where the version has none."""
    band: str | None = None
    """The band of risk; null where the version has none."""
    explanation: RowExplanation | None = None


class RowPrediction(RowAnswer):
    """The answer for one row that was asked for alone."""

    model: ModelName
    version: int
    timings_ms: Timings


class RowPredictions(BaseModel):
    """The answers for several rows, in the order asked for."""

    model: ModelName
    version: int
    predictions: list[RowAnswer]
    timings_ms: Timings
