"""A caller's own patience."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header

from gateway.limits.errors import DeadlinePassed

RequestTimeout = Annotated[
    float | None,
    Header(
        alias="X-Request-Timeout",
        gt=0,
        le=3600,
        description="Seconds after which the caller wants no answer any more; the gateway's own limits hold as well.",
    ),
]
"""The header, as a parameter of an endpoint."""


@contextlib.asynccontextmanager
async def within(seconds: float | None) -> AsyncIterator[None]:
    """Cancel the body of the `async with`, and raise `DeadlinePassed`, after so many seconds.

    What is cancelled leaves its queue; a call to the model server that nobody else waits for is cancelled, too.
    """
    scope = asyncio.timeout(seconds)
    try:
        async with scope:
            yield
    except TimeoutError:
        if scope.expired():
            raise DeadlinePassed from None
        raise
