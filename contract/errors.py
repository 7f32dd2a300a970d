"""The contract's errors, and the base class of every error of the project.

TriremeError
├── PictureError
│   ├── PictureEmpty            400  picture-empty
│   ├── PictureUnsupported      415  picture-unsupported
│   ├── PictureTruncated        422  picture-truncated
│   └── PictureTooManyPixels    422  picture-too-many-pixels
├── NameInvalid                 422  name-invalid
├── RepositoryError
│   ├── ModelUnknown            404  model-unknown
│   ├── VersionUnknown          404  version-unknown
│   └── VersionDamaged          500  version-damaged
├── SqlInvalid                  422  sql-invalid
├── RawTablesInvalid            422  raw-tables-invalid
├── SqlFailed                   422  sql-failed
│   └── SqlTimeout              503  sql-timeout
├── CardInvalid                 500  card-invalid
└── StateInvalid                500  state-invalid
"""

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


class CardInvalid(TriremeError):
    """A card is not JSON, or breaks the card's schema."""

    code = "card-invalid"
    title = "The version card is invalid"


class StateInvalid(TriremeError):
    """`served.json` breaks its schema."""

    code = "state-invalid"
    title = "The list of served versions is invalid"
