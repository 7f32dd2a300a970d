"""By what a request is split between versions, as a parameter of an endpoint."""

from typing import Annotated

from fastapi import Depends, Header, Request

from gateway.identity.principal import principal_of

ACCOUNTS = frozenset({"user", "key", "issuer"})

KeyHeader = Annotated[
    str | None,
    Header(
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Requests with the same key are answered by the same version while a canary's weight stays; "
        "without it, those of the same account are.",
    ),
]


# Async, though it waits for nothing: FastAPI would run it in a thread otherwise.
async def _key(request: Request, x_request_key: KeyHeader = None) -> str | None:
    principal = principal_of(request.scope)
    return x_request_key or (principal.id if principal.kind in ACCOUNTS else None)


RequestKey = Annotated[str | None, Depends(_key)]
"""The request's key; None where it is split by chance."""
