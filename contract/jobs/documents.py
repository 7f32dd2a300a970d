"""What a job is to do, how far it is, and what it came to; stored as JSON in the table of jobs."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, StringConstraints, TypeAdapter

from contract.base import Document
from contract.card import Sha256
from contract.metrics import Evaluation, Fraction

BatchId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID of version 7: it sorts by time."""


class JobKind(StrEnum):
    """What kinds of jobs there are."""

    RETRAIN = "retrain"
    EVALUATE = "evaluate"
    DRIFT_REPORT = "drift-report"

    @property
    def path(self) -> str:
        """Where the API has such jobs of a model, below the model's own path."""
        return "drift/report" if self is JobKind.DRIFT_REPORT else self.value


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    STARTING = "starting"
    """A gateway has claimed it and launches its process or Kubernetes Job."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    """A retrain that ended well, whose version broke the model's rule; nothing was published."""
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self in FINAL


FINAL = frozenset({JobState.SUCCEEDED, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED})
ACTIVE = frozenset({JobState.STARTING, JobState.RUNNING})


class RetrainParameters(Document):
    """A retrain: train on base and uploaded data, challenge the champion, publish what is good enough."""

    kind: Literal[JobKind.RETRAIN] = JobKind.RETRAIN
    base: str | None = None
    """The data set under the uploaded data: `cifar10`, a picture folder, or a table's recipe, as the job sees it; None:
    what the champion was trained on. From the operator's policy, never from a caller."""
    profile: str | None = None
    """How long to train; pictures only. None: the trainer's default."""
    from_version: PositiveInt | None = None
    """The version to fine-tune from; pictures only."""
    batches: tuple[BatchId, ...] = ()
    """The batches of uploaded training data to add, oldest first."""
    seed: NonNegativeInt | None = None
    note: str = ""
    max_loss_points: NonNegativeFloat = 0.2
    """The rule: percentage points of test accuracy that the challenger may lose against the champion."""
    question: Sha256 | None = None
    """Digest of what the caller asked, by which a repeated idempotency key is judged: the gateway fills in the rest."""


class EvaluateParameters(Document):
    """An evaluation of one version over the served path."""

    kind: Literal[JobKind.EVALUATE] = JobKind.EVALUATE
    base: str | None = None
    """As in `RetrainParameters`."""
    version: PositiveInt
    batches: tuple[BatchId, ...] | None = None
    """Uploaded batches to evaluate on; None: the model's own test set."""
    question: Sha256 | None = None
    """As in `RetrainParameters`."""


class DriftReportParameters(Document):
    """A drift report: a sample of a time's predictions beside what the version was trained on."""

    kind: Literal[JobKind.DRIFT_REPORT] = JobKind.DRIFT_REPORT
    version: PositiveInt
    since: AwareDatetime
    until: AwareDatetime
    """Not in the time."""
    hashed: tuple[str, ...] = ()
    """Columns of which the log keeps keyed hashes; from the operator's settings, never from a caller."""
    question: Sha256 | None = None
    """As in `RetrainParameters`."""


AnyParameters = RetrainParameters | EvaluateParameters | DriftReportParameters
Parameters = Annotated[AnyParameters, Field(discriminator="kind")]
PARAMETERS: TypeAdapter[AnyParameters] = TypeAdapter(Parameters)


class Progress(Document):
    """How far a running job is."""

    stage: Literal["loading", "training", "evaluating", "publishing", "reporting"]
    epoch: NonNegativeInt | None = None
    """The epoch that is under way, from 1."""
    epochs: PositiveInt | None = None
    step: NonNegativeInt | None = None
    """Within the epoch; of a table's search: tries done."""
    steps: PositiveInt | None = None
    loss: float | None = None
    accuracy: Fraction | None = None
    validation_accuracy: Fraction | None = None
    eta_s: NonNegativeFloat | None = None
    """Seconds that training will still take, by the pace so far."""


class Comparison(Document):
    """Champion and challenger on the same examples."""

    data: str
    """`test` for the model's own test set, `feedback`, or `batch:<id>` of uploaded evaluation data."""
    examples: PositiveInt
    champion_accuracy: Fraction
    challenger_accuracy: Fraction
    difference: Annotated[float, Field(ge=-1, le=1)]
    """The challenger's accuracy less the champion's."""
    interval: tuple[float, float]
    """95 % bootstrap interval of the difference."""
    p_value: Fraction
    """McNemar's exact test."""


class RetrainResult(Document):
    """What a retrain came to."""

    kind: Literal[JobKind.RETRAIN] = JobKind.RETRAIN
    run: str
    """The training run."""
    champion: PositiveInt | None = None
    """The version that was challenged; None where the model had none that could be compared."""
    published: PositiveInt | None = None
    """The new version; None where the rule refused it."""
    rule: str
    """The rule in one sentence, with what was found."""
    comparisons: tuple[Comparison, ...] = ()
    not_compared: dict[str, str] = Field(default_factory=dict)
    """Data that were not compared on, such as `feedback`, with the reason."""
    examples_added: NonNegativeInt
    """Uploaded examples in the training split."""
    examples_left_out: dict[str, NonNegativeInt] = Field(default_factory=dict)
    """Uploaded examples that were not, by reason, such as `near-duplicate-of-test`."""
    accuracy: Fraction
    """The challenger's, on the test set."""


class Curve(Document):
    """One label's curves, one against the rest, as at most a few hundred points."""

    label: str
    roc: tuple[tuple[Fraction, Fraction], ...]
    """False positive rate, true positive rate."""
    precision_recall: tuple[tuple[Fraction, Fraction], ...]
    """Recall, precision."""


class EvaluationResult(Document):
    """What an evaluation came to."""

    kind: Literal[JobKind.EVALUATE] = JobKind.EVALUATE
    version: PositiveInt
    data: Literal["test", "batches"]
    batches: tuple[BatchId, ...] = ()
    digest: Sha256
    """Of the examples."""
    evaluation: Evaluation
    curves: tuple[Curve, ...]
    server: str
    """The server that answered, with its version."""


class DriftReportResult(Document):
    """What is in a drift report; the page itself lies beside the job."""

    kind: Literal[JobKind.DRIFT_REPORT] = JobKind.DRIFT_REPORT
    version: PositiveInt
    since: AwareDatetime
    until: AwareDatetime
    predictions: PositiveInt
    """Those that were read."""
    is_sample: bool
    """Whether there were more in that time."""
    compared: tuple[str, ...]
    """Columns on the page: features, the label and its probability."""
    not_compared: dict[str, str] = Field(default_factory=dict)
    """Features that are not on the page, with the reason."""
    drifted: tuple[str, ...]
    """Columns that Evidently takes to have drifted."""
    page_bytes: PositiveInt
    library: str
    """What made the page, with its version."""


AnyResult = RetrainResult | EvaluationResult | DriftReportResult
Result = Annotated[AnyResult, Field(discriminator="kind")]
RESULT: TypeAdapter[AnyResult] = TypeAdapter(Result)
