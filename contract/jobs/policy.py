"""The retrain policies of models: a YAML file that the operator writes. Needs PyYAML and cronsim."""

from typing import Annotated

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveInt

from contract.base import Document
from contract.jobs.schedule import check_schedule
from contract.policies import Policies

Schedule = Annotated[str, AfterValidator(check_schedule)]


class DriftPolicy(Document):
    """How one model's drift is watched; see docs/drift.md."""

    retrain: bool = False
    """Whether drift starts a retrain; else it is only measured."""
    features: PositiveInt = 1
    """Features that must have drifted, with the verdict `major`."""
    min_examples: PositiveInt = 1_000
    """Predictions that must have been looked at."""
    window_s: Annotated[int, Field(ge=60, le=366 * 86_400)] = 86_400
    """Seconds of predictions that are looked at."""
    cooldown_s: Annotated[int, Field(ge=60, le=366 * 86_400)] = 7 * 86_400
    """Seconds after a retrain by drift in which drift starts no other, whatever became of it."""


class RetrainPolicy(Document):
    """How one model is retrained."""

    base: str | None = None
    """The data set under the uploaded data: `cifar10`, a picture folder, or a table's recipe, as the job sees it; None:
    what the stable version was trained on."""
    profile: str | None = None
    """Where the caller names none."""
    max_loss_points: NonNegativeFloat = 0.2
    """Percentage points of test accuracy that a new version may lose against the stable one."""
    schedule: Schedule | None = None
    """Cron expression with five fields, in UTC: when to retrain."""
    min_new_examples: PositiveInt | None = None
    """Retrain when there are so many uploaded training examples that no retrain has had, whatever became of it."""
    drift: DriftPolicy | None = None
    """None: drift isn't watched."""
    at_once: Annotated[int, Field(ge=1, le=16)] = 1
    """Retrains of the model that may run at the same time."""
    time_limit_s: Annotated[int, Field(ge=1, le=7 * 86_400)] = 6 * 3600
    """Seconds after which a retrain is ended."""


DEFAULT = RetrainPolicy()


class RetrainPolicies(Policies[RetrainPolicy]):
    """Policies by model; a model that isn't named has the default one."""

    kind = "retrain"
    default = DEFAULT
