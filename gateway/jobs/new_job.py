"""What a job is made from."""

from dataclasses import dataclass
from typing import Literal

from contract.jobs.documents import AnyParameters, JobKind


@dataclass(frozen=True)
class NewJob:
    """A question for a job; whoever asks has checked its parameters."""

    model: str
    parameters: AnyParameters
    trigger: Literal["request", "schedule", "data", "drift"]
    principal: str
    """Who asked."""
    time_limit_s: int
    idempotency_key: str | None = None
    """The same key for the same model and kind makes no second job."""

    @property
    def kind(self) -> JobKind:
        """What kind of job it is."""
        return self.parameters.kind

    def is_what_made(self, parameters: AnyParameters) -> bool:
        """Whether a job with this one's idempotency key came from the same question.

        A trigger's key says all: what two gateways make of it may differ by a batch that came in between.
        """
        return self.trigger != "request" or self.parameters.question == parameters.question
