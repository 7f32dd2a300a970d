"""What the gateway answers."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from contract.card import Engine, FeatureTable, Gate, Lineage
from contract.decision import Decision
from contract.explaining.explanation import Explanation
from contract.inputs import Input
from contract.metrics import Evaluation
from contract.names import ModelName
from gateway.problems import Problem


class LabelProbability(BaseModel):
    """A label with its probability."""

    label: str = Field(examples=["ship"])
    probability: float = Field(examples=[0.97])


class Timings(BaseModel):
    """Where the time went, in milliseconds."""

    decode: float
    """From the picture's last byte to its tensor, the wait for a thread included."""
    inference: float
    """From the tensor to the model server's answer, the wait for a call included."""


class Prediction(BaseModel):
    """The answer for one picture."""

    id: str = Field(examples=["019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"])
    model: ModelName
    version: int
    """The version that answered."""
    label: str
    """The most probable label."""
    probability: float
    top_k: list[LabelProbability]
    """The most probable labels, the best first."""
    timings_ms: Timings


class BatchPrediction(Prediction):
    """A line of a batch's answer: the picture at `index`, counted from 0 in the order sent."""

    index: int
    filename: str | None


class BatchProblem(Problem):
    """A line of a batch's answer, for a picture that could not be answered."""

    index: int
    filename: str | None


State = Literal["stable", "served", "published"]


class VersionSummary(BaseModel):
    """One version of a model."""

    version: int
    state: State
    """`stable` answers callers that name no version, `served` those that name it, `published` nobody."""
    created: AwareDatetime
    accuracy: float
    """On the test set."""
    engine: str
    """The Triton backend that serves it."""


class ModelSummary(BaseModel):
    """One model."""

    name: ModelName
    task: str
    stable: int | None
    versions: list[VersionSummary]


class ModelList(BaseModel):
    """All models."""

    models: list[ModelSummary]


class ModelDetails(ModelSummary):
    """One model, with everything that its version card says."""

    version: int
    """The version that the following fields describe: the one asked for, else the stable one."""
    input: Input
    labels: tuple[str, ...]
    metrics: Evaluation
    decision: Decision | None
    feature_table: FeatureTable | None
    """Rows that callers may name by their id."""
    explanation: Explanation | None
    """How predictions are explained, where they are."""
    gates: tuple[Gate, ...]
    lineage: Lineage
    engine: Engine


class ServedVersions(BaseModel):
    """What answers for one model."""

    model: ModelName
    stable: int | None
    served: list[int]


class Health(BaseModel):
    """How the gateway is."""

    status: Literal["live"] = "live"
    uptime_s: float
    version: str
    """Of Trireme."""
    models: list[ServedVersions]


class ModelReadiness(BaseModel):
    """Whether a model answers."""

    model: ModelName
    version: int | None
    ready: bool
    code: str | None = None
    """Why not."""


class Readiness(BaseModel):
    """Whether every served model answers."""

    status: Literal["ready", "unready", "draining"]
    uptime_s: float
    version: str
    models: list[ModelReadiness]
