"""Features by SQL: the steps that turn raw tables into a model's columns, the same in training and in serving."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from contract.base import Document
from contract.columns import ColumnName

SqlName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class RawColumn(Document):
    """One column of a raw table."""

    name: ColumnName
    type: Literal["float", "int", "bool", "text", "date"]


class RawTable(Document):
    """A table that the steps read; what it lacks of `columns` is refused, missing values are NULL."""

    name: SqlName
    columns: Annotated[tuple[RawColumn, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        if len({column.name.lower() for column in self.columns}) != len(self.columns):
            raise ValueError("a column repeats; SQL doesn't tell upper from lower case")
        return self


class SqlStep(Document):
    """One SELECT; its result is a table of this name for the steps after it."""

    name: SqlName
    select: str


class SqlFeatures(Document):
    """Raw tables, and the steps over them; the last step's result holds the model's columns and the id."""

    tables: Annotated[tuple[RawTable, ...], Field(min_length=1)]
    steps: Annotated[tuple[SqlStep, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [*(table.name for table in self.tables), *(step.name for step in self.steps)]
        if len(set(names)) != len(names):
            raise ValueError("a table and a step, or two of them, have one name")
        return self
