"""Errors of the database.

TriremeError
├── DatabaseUnknown        500  database-unknown
├── SchemaOutdated         500  schema-outdated
└── RetryLater
    └── DatabaseUnavailable  503  database-unavailable
"""

from contract.errors import TriremeError
from gateway.errors import RetryLater


class DatabaseUnknown(TriremeError):
    """The database's URL is of no kind that is supported."""

    code = "database-unknown"
    title = "The database's URL is neither sqlite:/// nor postgresql://"


class SchemaOutdated(TriremeError):
    """The database's schema is not this program's, and the settings say that it must not be changed."""

    code = "schema-outdated"
    title = "The database's schema is not this program's"


class DatabaseUnavailable(RetryLater):
    """The database can't be reached, or doesn't answer in time."""

    code = "database-unavailable"
    title = "The database is unavailable"
