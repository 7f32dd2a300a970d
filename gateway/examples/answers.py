"""What the endpoints of training data answer."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel

from contract.examples.batch import Picture, Use
from contract.names import ModelName
from gateway.examples.report import ExampleProblem


class Upload(BaseModel):
    """What became of an upload."""

    batch: str | None
    """The new batch's id; None where every example was there already."""
    model: ModelName
    version: int
    """The version that the examples were checked against."""
    use: Use
    accepted: int
    labels: dict[str, int]
    """Accepted examples by label."""
    duplicates: int
    """Examples that were there already with the same label; they were left out."""
    refused: dict[str, int]
    """Examples that can't be taken, by code."""
    problems: list[ExampleProblem]
    """The first of those."""


class BatchSummary(BaseModel):
    """One batch, without its examples."""

    id: str
    use: Use
    kind: Literal["pictures", "rows"]
    created: AwareDatetime
    principal: str
    """Who uploaded it."""
    note: str
    examples: int
    labels: dict[str, int]
    """Examples by label."""
    bytes: int
    withdrawn: bool
    """Whether it counts no more."""


class BatchPage(BaseModel):
    """A model's uploaded data."""

    model: ModelName
    examples: int
    """In effect, all uses together."""
    bytes: int
    """Of all batches that were not erased."""
    training: dict[str, int]
    """Examples in effect by label."""
    evaluation: dict[str, int]
    batches: list[BatchSummary]
    """The youngest first."""
    next: str | None
    """The `cursor` of the next page; None on the last one."""


class BatchDetails(BatchSummary):
    """One batch with a page of its pictures; a batch of rows lists none."""

    pictures: list[Picture]
    next: int | None
    """The `start` of the next page; None on the last one."""


class Withdrawn(BaseModel):
    """A batch that counts no more."""

    id: str
    erased: bool
    """Whether its files and its manifest were deleted too."""
    objects_deleted: int
    objects_kept: int
    """Files that another batch holds as well, and which stayed."""
