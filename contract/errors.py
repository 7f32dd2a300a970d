"""The contract's errors, and the base class of every error of the project.

TriremeError
├── PictureError
│   ├── PictureEmpty            400  picture-empty
│   ├── PictureUnsupported      415  picture-unsupported
│   ├── PictureTruncated        422  picture-truncated
│   └── PictureTooManyPixels    422  picture-too-many-pixels
├── TableError
│   ├── TableEmpty              422  table-empty
│   ├── TableUnreadable         422  table-unreadable
│   ├── TableTooLarge           413  table-too-large
│   ├── HeaderDuplicate         422  header-duplicate
│   └── ColumnsMissing          422  columns-missing
├── JsonInvalid                 422  json-invalid
├── NameInvalid                 422  name-invalid
├── RepositoryError
│   ├── ModelUnknown            404  model-unknown
│   ├── VersionUnknown          404  version-unknown
│   ├── VersionDamaged          500  version-damaged
│   └── ReferenceMissing        422  reference-missing
├── SqlInvalid                  422  sql-invalid
├── RawTablesInvalid            422  raw-tables-invalid
├── SqlFailed                   422  sql-failed
│   └── SqlTimeout              503  sql-timeout
├── SettingsInvalid             500  settings-invalid
├── PoliciesInvalid             500  policies-invalid
├── CardInvalid                 500  card-invalid
└── StateInvalid                500  state-invalid
"""

from collections.abc import Sequence
from typing import ClassVar


class TriremeError(Exception):
    """An error with a stable code; its message is one sentence that a user may read.

    Messages never hold a path of the server, a request's body or a lower-level exception's text.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class PictureError(TriremeError):
    """A picture can't become a tensor."""

    status = 422
    code = "picture-invalid"
    title = "The picture can't be read"


class PictureEmpty(PictureError):
    """There are no bytes."""

    status = 400
    code = "picture-empty"
    title = "The picture is empty"


class PictureUnsupported(PictureError):
    """The bytes are not a picture of a supported format."""

    status = 415
    code = "picture-unsupported"
    title = "Not a JPEG, PNG, WebP, GIF or BMP picture"


class PictureTruncated(PictureError):
    """The picture begins well and then breaks off or is corrupt."""

    code = "picture-truncated"
    title = "The picture is truncated or corrupt"


class PictureTooManyPixels(PictureError):
    """The header announces more pixels than the limit; nothing was decoded."""

    code = "picture-too-many-pixels"
    title = "The picture has too many pixels"


class TableError(TriremeError):
    """A file holds no table that can be read."""

    status = 422
    code = "table-invalid"
    title = "The table can't be read"


class TableEmpty(TableError):
    """There is no header, or no row after it."""

    code = "table-empty"
    title = "The table has no rows"


class TableUnreadable(TableError):
    """The file is not what it is said to be, is damaged, or breaks off."""

    code = "table-unreadable"
    title = "The table's file is damaged or of another format"


class TableTooLarge(TableError):
    """There are more rows or columns than the limit."""

    status = 413
    code = "table-too-large"
    title = "The table has too many rows or columns"


class HeaderDuplicate(TableError):
    """Two columns have one name."""

    code = "header-duplicate"
    title = "Two columns of the table have one name"


class ColumnsMissing(TableError):
    """The table lacks columns that the model needs; the detail names them."""

    code = "columns-missing"
    title = "The table lacks columns that the model needs"


class JsonInvalid(TriremeError):
    """A document is not JSON as RFC 8259 has it, or has a key twice."""

    status = 422
    code = "json-invalid"
    title = "It is not JSON"


class NameInvalid(TriremeError):
    """A model's name breaks the naming rule of `contract.names`."""

    status = 422
    code = "name-invalid"
    title = "Not a valid model name"


class RepositoryError(TriremeError):
    """The model repository can't give what was asked for."""


class ModelUnknown(RepositoryError):
    """The repository holds no version of this model."""

    status = 404
    code = "model-unknown"
    title = "No such model"


class VersionUnknown(RepositoryError):
    """The repository holds this model, but not this version."""

    status = 404
    code = "version-unknown"
    title = "No such version"


class VersionDamaged(RepositoryError):
    """A file of a version is missing, was added, or differs from the card's digest."""

    code = "version-damaged"
    title = "The version's files differ from its card"


class ReferenceMissing(RepositoryError):
    """The version has no reference: it was imported with fewer than 200 examples, or published by an older Trireme."""

    status = 422
    code = "reference-missing"
    title = "The version has nothing to compare predictions with"


class SqlInvalid(TriremeError):
    """A recipe's or card's SQL is not SELECT alone, reads or calls what it may not, or gives other columns."""

    status = 422
    code = "sql-invalid"
    title = "The SQL of the features is invalid"


class RawTablesInvalid(TriremeError):
    """Of the raw tables, one is missing, one too many, or lacks a column."""

    status = 422
    code = "raw-tables-invalid"
    title = "The raw tables don't fit the model"


class SqlFailed(TriremeError):
    """The SQL of the features can't be computed over these raw tables."""

    status = 422
    code = "sql-failed"
    title = "The features can't be computed"


class SqlTimeout(SqlFailed):
    """Computing the features took longer than allowed, and was ended."""

    status = 503
    code = "sql-timeout"
    title = "Computing the features took too long"


class SettingsInvalid(TriremeError):
    """Settings are wrong; `problems` has a line for each, with the variable's name and without its value."""

    code = "settings-invalid"
    title = "The settings are wrong"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class PoliciesInvalid(TriremeError):
    """The operator's file of retrain policies can't be used."""

    code = "policies-invalid"
    title = "The file of retrain policies is invalid"


class CardInvalid(TriremeError):
    """A card is not JSON, or breaks the card's schema."""

    code = "card-invalid"
    title = "The version card is invalid"


class StateInvalid(TriremeError):
    """`served.json` breaks its schema."""

    code = "state-invalid"
    title = "The list of served versions is invalid"
