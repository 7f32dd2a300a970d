"""What callers ask for."""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from contract.jobs.documents import BatchId, JobState
from contract.moments import Span
from gateway.drift.query import HOUR_S, YEAR_S, span_of
from gateway.history.query import id_of
from gateway.request_document import Note, RequestDocument

MAX_BATCHES = 1000

Batches = Annotated[list[BatchId], Field(min_length=1, max_length=MAX_BATCHES, fail_fast=True)]
Profile = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Version = Annotated[int, Field(ge=1, le=999_999_999)]


class Question(RequestDocument):
    """What is asked for, in one JSON document."""

    @property
    def digest(self) -> str:
        """SHA-256 of it, with what was left out filled in."""
        return sha256(self.model_dump_json().encode()).hexdigest()


class RetrainDocument(Question):
    """A retrain; every field may be left out."""

    profile: Profile | None = None
    """How long to train; of models of pictures."""
    from_version: Version | None = None
    """The version to fine-tune from; of models of pictures. Without it, training begins anew."""
    data: Literal["all", "none"] | Batches = "all"
    """The batches of uploaded training data to add, by their ids."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    note: Note = ""
    """Why, for people."""


class EvaluateDocument(Question):
    """An evaluation; every field may be left out."""

    version: Version | None = None
    """Any published version; without it, the stable one."""
    data: Literal["test"] | Batches = "test"
    """The model's own test set, or batches of uploaded data, by their ids."""


class DriftReportDocument(Question):
    """A drift report; every field may be left out."""

    version: Version | None = None
    """Any published version; without it, the stable one."""
    since: AwareDatetime | None = None
    """From this time on, to the millisecond."""
    until: AwareDatetime | None = None
    """Before this time; now without it."""
    window_s: Annotated[int, Field(ge=60, le=YEAR_S)] = HOUR_S
    """Seconds before `until`, where `since` isn't given."""

    def span(self) -> Span:
        """The time asked for; raises `RequestInvalid`."""
        return span_of(self.since, self.until, self.window_s, place="body")


class JobsQuery(BaseModel):
    """Which page of jobs."""

    state: JobState | None = Field(default=None, description="In this state.")
    limit: int = Field(default=50, ge=1, le=500, description="Jobs in one answer.")
    cursor: str | None = Field(default=None, max_length=64, description="`next` of the page before.")

    def before(self) -> str | None:
        """The id that the page comes after, the newest first; raises `RequestInvalid`."""
        return None if self.cursor is None else id_of(self.cursor)
