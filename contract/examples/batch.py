"""A batch of uploaded labelled examples: one manifest, written last and never changed.

Below the store's root, for each model:

<model>/batches/<id>.json      # this document; a batch without it does not exist
<model>/withdrawn/<id>.json    # there once the batch was withdrawn
<model>/withdrawn/<id>.erasing # there while its objects and its manifest are being deleted
<model>/objects/<sha256>       # a picture's file as it was sent, or a batch's rows as Parquet; by its content
<model>/swept/<time>-<sha256>  # an object that no manifest names, since that time, in seconds; soon to be deleted
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, model_validator

from contract.base import Document
from contract.card import Sha256
from contract.jobs.documents import BatchId
from contract.names import ModelName


class Use(StrEnum):
    """What a batch is for."""

    TRAINING = "training"
    EVALUATION = "evaluation"
    """Never trained on."""


class Picture(Document):
    """One labelled picture; its file is the object of this digest."""

    digest: Sha256
    label: str
    name: str | None = None
    """The file's name, as the caller gave it."""


class Rows(Document):
    """A table of labelled rows, as a Parquet object.

    It has the model's columns as they are (texts, numbers), their id where the model has one, and the columns `__label`
    (string) and `__digest` (binary, 16 bytes, of the encoded row).
    """

    digest: Sha256
    """Of the Parquet object."""
    count: PositiveInt


LABEL, ROW_DIGEST = "__label", "__digest"
ERASING = ".erasing"


class Batch(Document):
    """`<model>/batches/<id>.json`."""

    schema_version: int = 1
    id: BatchId
    model: ModelName
    use: Use
    created: AwareDatetime
    principal: str
    note: str = ""
    counts: Annotated[dict[str, PositiveInt], Field(min_length=1)]
    """Examples of each label."""
    bytes: NonNegativeInt
    """Of its objects together."""
    pictures: tuple[Picture, ...] = ()
    rows: Rows | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.pictures) == (self.rows is not None):
            raise ValueError("a batch holds either pictures or rows")
        return self

    @property
    def examples(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


class Withdrawal(Document):
    """`<model>/withdrawn/<id>.json`."""

    time: AwareDatetime
    principal: str


def batch_path(model: str, batch: str) -> str:
    """Where a batch's manifest lies."""
    return f"{model}/batches/{batch}.json"


def withdrawal_path(model: str, batch: str) -> str:
    """Where the note of a batch's withdrawal lies."""
    return f"{model}/withdrawn/{batch}.json"


def erasure_path(model: str, batch: str) -> str:
    """Where the note lies that a batch is being erased."""
    return f"{model}/withdrawn/{batch}{ERASING}"


def object_path(model: str, digest: str) -> str:
    """Where an object lies."""
    return f"{model}/objects/{digest}"


def aside_path(model: str, since: int, digest: str) -> str:
    """Where an object lies that no manifest names, from a time on, in seconds since 1970."""
    return f"{model}/swept/{since}-{digest}"
