"""The version card: everything that must be known about a model version to serve it and to trust it."""

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    Field,
    JsonValue,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from contract.base import Document
from contract.columns import ColumnName
from contract.decision import Decision
from contract.drift.reference import ReferenceFile
from contract.errors import CardInvalid
from contract.explaining.explanation import Explanation
from contract.inputs import Input, TableInput
from contract.metrics import Evaluation
from contract.names import ModelName, ModelVersion, VersionName
from contract.target import Target

FEATURES = "features.parquet"
IMPORT = "import"
"""The source of versions that were trained elsewhere."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Output(Document):
    """The served model's answer: a float32 tensor [batch, labels] of probabilities."""

    tensor: str = "probabilities"
    labels: Annotated[tuple[str, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels repeat")
        return self


class Engine(Document):
    """What serves a version: a Triton backend, its artefact, and how it is run."""

    backend: Literal["onnxruntime", "openvino", "tensorflow"]
    artefact: str
    """The artefact's path inside the version's folder."""
    opset: PositiveInt | None = None
    """ONNX operator set of the default domain."""
    ir_version: PositiveInt | None = None
    max_batch_size: PositiveInt
    precision: Literal["float32", "bfloat16", "int8"] = "float32"
    """Arithmetic of the heavy layers."""
    provider: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    """What computes: the processor, or a GPU through one of ONNX Runtime's providers."""
    parameters: dict[str, str] = Field(default_factory=dict)
    """The backend's parameters in `config.pbtxt`, such as its threads."""
    instances: PositiveInt = 1
    """Copies of the model that compute at the same time, each a process in the embedded server."""
    queue_delay_us: NonNegativeInt = 0
    """Microseconds that a request may wait for others to form a batch with."""
    tuned_for: Target | None = None
    """The only kind of machine that may run it; None for one that runs anywhere."""


GateName = Literal["conversion", "engine"]


class Gate(Document):
    """One proof that a version passed, with its numbers."""

    name: GateName
    passed: bool
    examples: PositiveInt
    server: str
    """The server that answered, with its version."""
    measured: dict[str, float]
    limits: dict[str, float]


class Lineage(Document):
    """Where a version comes from."""

    data: dict[str, Sha256]
    """Digest of each split of the data."""
    source: str
    """Name of the data set or recipe."""
    code: str
    """Version of this project, with the commit where known."""
    libraries: dict[str, str]
    machine: str
    run: str
    """Identifier of the training run."""
    parent: VersionName | None = None
    """The version that this one was fine-tuned from, perhaps of another model: `cifar10-v3`."""
    job: str | None = None
    """Identifier of the retrain job; None where a person trained it."""
    batches: tuple[str, ...] = ()
    """The batches of uploaded examples in the training split."""
    parameters: dict[str, JsonValue]
    """Everything that decides the outcome: architecture, profile, epochs, batch size, seed and the like."""


class FeatureTable(Document):
    """A Parquet file in the version's folder with the model's columns and the id of each row."""

    file: str = FEATURES
    rows: PositiveInt


class VersionCard(Document):
    """`card.json`; see docs/contract.md."""

    schema_version: Literal[1] = 1
    model: ModelName
    version: PositiveInt
    created: AwareDatetime
    task: Literal["image-classification", "table-classification"]
    input: Input
    output: Output
    engine: Engine
    """What serves the version, on the machine that it was tuned for if it was tuned."""
    fallback: Engine | None = None
    """What serves it everywhere else; there exactly when `engine` is bound to a kind of machine."""
    metrics: Evaluation
    decision: Decision | None = None
    """How the probability of one of two labels becomes a decision; None: the most probable label."""
    feature_table: FeatureTable | None = None
    """Rows that callers may name by their id instead of sending them."""
    target: ColumnName | None = None
    """Name of the column that held the label of rows in training; None for pictures, or where it isn't known."""
    explanation: Explanation | None = None
    """How single predictions are explained; None where they aren't."""
    reference: ReferenceFile | None = None
    """What the data looked like, for finding drift; None where that isn't known."""
    gates: tuple[Gate, ...]
    omitted: dict[GateName, str] = Field(default_factory=dict)
    """Gates that were not run, with the reason; never one that a tuned engine needs."""
    lineage: Lineage
    files: dict[str, Sha256]
    """Digest of every file of the version's folder but the card itself, by its path inside the folder."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not all(is_contained(path) for path in (*self.files, *(engine.artefact for engine in self.engines))):
            raise ValueError("a file's path leaves the folder")
        if [scores.label for scores in self.metrics.classes] != list(self.output.labels):
            raise ValueError("the metrics' classes are not the output's labels")
        if not all(gate.passed for gate in self.gates):
            raise ValueError("a version with a failed gate can't be published")
        return self

    @model_validator(mode="after")
    def _decides(self) -> Self:
        labels = self.output.labels
        if self.decision is not None and (len(labels) != 2 or self.decision.positive not in labels):
            raise ValueError("a decision is between two labels, one of which is its positive")
        if self.feature_table is not None and (not isinstance(self.input, TableInput) or self.input.id is None):
            raise ValueError("only rows with an id can be found by it")
        if not set(self.companions) <= self.files.keys():
            raise ValueError("a file that the card names is not among its files")
        return self

    @model_validator(mode="after")
    def _runs_anywhere(self) -> Self:
        if (self.engine.tuned_for is None) != (self.fallback is None):
            raise ValueError("an engine has a fallback exactly when it is bound to a kind of machine")
        if self.fallback is not None and self.fallback.tuned_for is not None:
            raise ValueError("a fallback must run anywhere")
        # The gateway forms batches without knowing which of the two runs.
        if len({engine.max_batch_size for engine in self.engines}) > 1:
            raise ValueError("the engines take batches of different size")
        return self

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The engine, and its fallback where there is one."""
        return (self.engine,) if self.fallback is None else (self.engine, self.fallback)

    @property
    def companions(self) -> tuple[str, ...]:
        """The files beside the card that a gateway reads, by their paths inside the version's folder."""
        extras = (self.feature_table, self.explanation, self.reference)
        return tuple(extra.file for extra in extras if extra is not None)

    @property
    def name(self) -> ModelVersion:
        """The model and version."""
        return ModelVersion(self.model, self.version)

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a card from JSON; raises `CardInvalid`."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise CardInvalid(f"The version card is invalid at {_first_place(error)}.") from error


def is_contained(path: str) -> bool:
    """Whether a POSIX path is relative, normal, and stays inside the folder that it is relative to."""
    parts = path.split("/")
    return path == str(PurePosixPath(path)) and not path.startswith("/") and not {"", ".", ".."} & set(parts)


def _first_place(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors()[0]["loc"]) or "its top level"
