"""Input schemas: what a user may send to a model, and the tensor that it becomes."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from contract.base import Document


class ImageInput(Document):
    """One picture, which `contract.picture.to_tensor` turns into a uint8 tensor [height, width, channels].

    The served model takes a batch of them, [batch, height, width, channels], and normalises inside its graph.
    """

    kind: Literal["image"] = "image"
    tensor: str = "image"
    """Name of the served model's input tensor."""
    height: PositiveInt
    width: PositiveInt
    channels: Literal[1, 3] = 3
    fit: Literal["cover", "stretch"] = "cover"
    """`cover` keeps the aspect ratio and cuts the longer side evenly; `stretch` keeps every pixel."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels


class Column(Document):
    """One column of a table, with what is allowed in it."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    type: Literal["float", "int", "bool", "string"]
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] | None = None
    """The values that a string may have; None allows any."""
    missing: Literal["error", "nan", "empty", "default"] = "error"
    """What a missing value becomes: an error, NaN, an empty string, or `default`."""
    default: float | str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type == "string" and (self.minimum is not None or self.maximum is not None):
            raise ValueError("a string column has no range")
        if self.type != "string" and self.allowed is not None:
            raise ValueError("only a string column lists allowed values")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError("the minimum is above the maximum")
        if (self.missing == "default") != (self.default is not None):
            raise ValueError("a default is given exactly when `missing` is 'default'")
        return self


class TableInput(Document):
    """Rows of a table.

    `layout` says how rows become tensors: `columns` sends one tensor [batch, 1] a column, `packed` one float32
    tensor [batch, columns] named `tensor`.
    """

    kind: Literal["table"] = "table"
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    layout: Literal["columns", "packed"] = "columns"
    tensor: str = "features"

    @model_validator(mode="after")
    def _unique_and_packable(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("column names repeat")
        if self.layout == "packed" and any(column.type == "string" for column in self.columns):
            raise ValueError("a packed layout holds numbers only")
        return self


Input = Annotated[ImageInput | TableInput, Field(discriminator="kind")]
