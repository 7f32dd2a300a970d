"""What the endpoints of users and keys have in common."""

from typing import Annotated

from fastapi import Query, Request

from gateway.database.errors import DatabaseUnavailable
from gateway.errors import RequestInvalid
from gateway.identity.errors import AccountsOff
from gateway.identity.principal import Principal, principal_of
from gateway.services import Services

LimitQuery = Annotated[int, Query(ge=1, le=1000, description="How many to answer at most.")]
AfterQuery = Annotated[
    str, Query(max_length=64, pattern=r"^[a-z0-9._@-]*$", description="Answer those that come after this one.")
]
ALWAYS = (AccountsOff, DatabaseUnavailable, RequestInvalid)


def caller(request: Request) -> Principal:
    """Who calls."""
    return principal_of(request.scope)


def address(request: Request, services: Services) -> str:
    """Where the caller is."""
    return services.addresses.of(request.scope)
