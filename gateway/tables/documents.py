"""What a request for predictions of rows may say, as JSON."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, FailFast, Field, ValidationError, model_validator

from contract.json_rows import read_json
from gateway.errors import FieldError, RequestInvalid, TooManyRows
from gateway.request_document import RequestDocument

Row = dict[str, Any]
MAX_TABLES = 1000
"""Raw tables of one request that are looked at."""
MAX_NESTED = 10_000
"""Brackets and braces beside those of rows: lists of tables, and characters of texts."""


def _few(tables: Any) -> Any:
    # Before each of them may be an error of its own.
    if isinstance(tables, dict) and len(tables) > MAX_TABLES:
        raise ValueError(f"there are more than {MAX_TABLES:,} tables")
    return tables


class RowsDocument(RequestDocument):
    """Rows of a table: exactly one of `row`, `rows`, `ids` and `tables`."""

    model_config = ConfigDict(strict=True)

    row: Row | None = Field(default=None, examples=[{"age": 31, "income": 2400.0}])
    """One row: values by column. A column that isn't there is a missing value."""
    rows: Annotated[list[Row] | None, FailFast()] = Field(default=None, min_length=1)
    """Several rows."""
    ids: Annotated[list[str | int] | None, FailFast()] = Field(default=None, min_length=1)
    """Rows of the version's feature table, by their ids."""
    tables: Annotated[dict[str, Annotated[list[Row], FailFast()]] | None, BeforeValidator(_few)] = None
    """Raw tables by name, which the version's SQL turns into rows."""
    explain: bool = False
    """Whether to say what each column adds."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [value for value in (self.row, self.rows, self.ids, self.tables) if value is not None]
        if len(given) != 1:
            raise ValueError("exactly one of row, rows, ids and tables must be there")
        return self


def read_document(body: bytes, *, max_rows: int) -> RowsDocument:
    """Read a request's body, of `max_rows` rows of any kind; raises `JsonInvalid`, `RequestInvalid` or `TooManyRows`.

    Rows are counted by who knows their kind. Here, what would be far too many is refused before it is read: as objects,
    empty ones take some twenty times their bytes.
    """
    if body.count(b"{") + body.count(b"[") > max_rows + MAX_NESTED:
        raise TooManyRows("The document has more objects and lists than rows may be sent.")
    try:
        return RowsDocument.model_validate(read_json(body))
    except ValidationError as error:
        findings = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestInvalid(*(_field(finding["loc"], finding["msg"]) for finding in findings)) from None


def _field(place: tuple[int | str, ...], message: str) -> FieldError:
    # The field and a place in it; names of tables are a part of the body.
    shown = [str(part) for index, part in enumerate(place[:2]) if index == 0 or isinstance(part, int)]
    return FieldError(field=".".join(("body", *shown)), message=message.removeprefix("Value error, "))
