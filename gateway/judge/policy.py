"""What the judge asks of a canary; docs/judge.md says what each field is good for."""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from contract.base import Document

Share = Annotated[float, Field(ge=0, le=1)]


class JudgePolicy(Document):
    """Thresholds and least samples for one model."""

    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    """The largest chance that a canary which is no worse is ever rolled back by a comparison, over all criteria and
    however often the judge looks."""
    min_samples: PositiveInt = 500
    """Answers of each version before a promotion."""
    min_samples_to_roll_back: PositiveInt = 50
    """Answers of each version before a comparison may roll back."""
    min_duration_s: NonNegativeFloat = 600
    """Seconds at the current weight before a promotion."""
    max_duration_s: PositiveFloat = 86_400
    """Seconds after which a canary that is not promoted is given up, where `when_time_is_up` says so."""
    when_time_is_up: Literal["rollback", "wait"] = "rollback"
    """What becomes of a canary that is still undecided then."""
    max_error_increase_points: NonNegativeFloat = 0.5
    """Percentage points by which the canary's share of failed answers may exceed the stable version's."""
    max_latency_ratio: Annotated[float, Field(gt=1)] = 1.25
    """The canary's 95th percentile of latency may be so many times the stable version's."""
    min_agreement: Share = 0.8
    """Share of equal inputs that both versions must answer alike."""
    min_pairs: PositiveInt = 100
    """Inputs that both versions answered before agreement is judged."""
    require_agreement: bool = False
    """Whether agreement must be shown before a promotion; without it, it can only roll back."""
    max_accuracy_loss_points: NonNegativeFloat = 2.0
    """Percentage points of accuracy, by feedback, that the canary may lose."""
    min_feedback: PositiveInt = 100
    """Answers of each version with feedback before accuracy is judged."""
    require_accuracy: bool = False
    """Whether accuracy must be shown before a promotion; without it, it can only roll back."""
    crash_errors: PositiveInt = 5
    """So many failed answers of the canary, and at least `crash_share` of all its answers, are a crash."""
    crash_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of failed answers that is a crash, unless the stable version's is more than a tenth of the canary's."""

    @model_validator(mode="after")
    def _times_are_in_order(self) -> Self:
        if self.max_duration_s <= self.min_duration_s:
            raise ValueError("max_duration_s must be more than min_duration_s")
        return self
