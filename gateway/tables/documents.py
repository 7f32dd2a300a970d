"""What a request for predictions of rows may say, as JSON."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.json_rows import read_json
from gateway.errors import FieldError, RequestInvalid

Row = dict[str, Any]


class RowsDocument(BaseModel):
    """Rows of a table: exactly one of `row`, `rows`, `ids` and `tables`."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    row: Row | None = Field(default=None, examples=[{"age": 31, "income": 2400.0}])
    """One row: values by column. A column that isn't there is a missing value."""
    rows: list[Row] | None = Field(default=None, min_length=1)
    """Several rows."""
    ids: list[str | int] | None = Field(default=None, min_length=1)
    """Rows of the version's feature table, by their ids."""
    tables: dict[str, list[Row]] | None = None
    """Raw tables by name, which the version's SQL turns into rows."""
    explain: bool = False
    """Whether to say what each column adds."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [value for value in (self.row, self.rows, self.ids, self.tables) if value is not None]
        if len(given) != 1:
            raise ValueError("exactly one of row, rows, ids and tables must be there")
        return self


def read_document(body: bytes) -> RowsDocument:
    """Read a request's body; raises `JsonInvalid` or `RequestInvalid`."""
    try:
        return RowsDocument.model_validate(read_json(body))
    except ValidationError as error:
        findings = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestInvalid(
            *(_field(finding["type"], finding["loc"], finding["msg"]) for finding in findings)
        ) from None


def _field(kind: str, place: tuple[int | str, ...], message: str) -> FieldError:
    if kind == "extra_forbidden":
        # Not the name: it is a part of the body.
        return FieldError(field="body", message=f"There is a field other than {', '.join(RowsDocument.model_fields)}.")
    # Names of the row's columns are a part of the body, too.
    return FieldError(field=".".join(("body", *map(str, place[:2]))), message=message.removeprefix("Value error, "))
