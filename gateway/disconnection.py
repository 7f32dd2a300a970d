"""Ending work that nobody waits for any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.errors import ClientGone


@contextlib.asynccontextmanager
async def cancelled_when_gone(receive: Receive) -> AsyncIterator[None]:
    """Cancel the body of the `async with`, and raise `ClientGone`, as soon as the caller closes the connection.

    To be entered once the request's body has been read.
    """
    try:
        # A timeout that is set off by hand tells our cancellation from one that comes from outside.
        async with asyncio.timeout(None) as scope:
            watch = asyncio.create_task(_watch(receive, scope))
            try:
                yield
            finally:
                watch.cancel()
    except TimeoutError:
        raise ClientGone from None


async def _watch(receive: Receive, scope: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.reschedule(asyncio.get_running_loop().time())
