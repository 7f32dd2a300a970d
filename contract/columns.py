"""Columns of a table: what may be in one, and the number that each value becomes."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from contract.base import Document

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ColumnType = Literal["float", "int", "bool", "category"]
NUMBERS: frozenset[ColumnType] = frozenset({"float", "int"})
MAX_CATEGORIES = 10_000


class Column(Document):
    """One column of a table, with what is allowed in it.

    Every value becomes one float32: a number itself, a truth value 0 or 1, a category its place in `allowed`, a missing
    value NaN or what `default` becomes.
    """

    name: ColumnName
    type: ColumnType
    minimum: float | None = None
    maximum: float | None = None
    allowed: Annotated[tuple[str, ...], Field(max_length=MAX_CATEGORIES)] = ()
    """The values of a category, in the order of their codes."""
    unknown: Literal["error", "other"] = "error"
    """What a category that isn't among `allowed` becomes: an error, or one more code after theirs."""
    missing: Literal["error", "nan", "default"] = "error"
    """What a missing value becomes: an error, NaN, or `default`."""
    default: float | str | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type not in NUMBERS and (self.minimum is not None or self.maximum is not None):
            raise ValueError("only a number has a range")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError("the minimum is above the maximum")
        if (self.type == "category") != bool(self.allowed):
            raise ValueError("a category lists its allowed values, and nothing else does")
        if len(set(self.allowed)) != len(self.allowed):
            raise ValueError("an allowed value repeats")
        if self.unknown == "other" and self.type != "category":
            raise ValueError("only a category has unknown values")
        return self

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if (self.missing == "default") != (self.default is not None):
            raise ValueError("a default is given exactly when `missing` is 'default'")
        if self.default is not None and isinstance(self.default, str) != (self.type == "category"):
            raise ValueError("the default is not of the column's type")
        if isinstance(self.default, str) and self.default not in self.allowed:
            raise ValueError("the default is not among the allowed values")
        return self
