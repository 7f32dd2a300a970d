"""Input schemas: what a user may send to a model, and the tensor that it becomes."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from contract.base import Document
from contract.columns import Column, ColumnName
from contract.sql.features import SqlFeatures


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


class TableInput(Document):
    """Rows of a table, which `contract.table.Encoder` turns into a float32 tensor [columns] each.

    The served model takes a batch of them, [batch, columns]; imputation, scaling and encoding of categories are in its
    graph.
    """

    kind: Literal["table"] = "table"
    tensor: str = "features"
    """Name of the served model's input tensor."""
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=10_000)]
    """In the order of the tensor."""
    id: ColumnName | None = None
    """Name of the column that identifies a row: echoed, unique in a file, no feature."""
    sql: SqlFeatures | None = None
    """How raw tables become these columns, for those who send raw tables."""

    @model_validator(mode="after")
    def _unique(self) -> Self:
        if len({*self.names, self.id}) != len(self.columns) + 1:
            raise ValueError("column names repeat")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @property
    def shape(self) -> tuple[int]:
        """The number of columns."""
        return (len(self.columns),)


Input = Annotated[ImageInput | TableInput, Field(discriminator="kind")]
