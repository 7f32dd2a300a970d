"""Finding replicas by DNS: every address of a name, such as a headless Service's, is one replica.

gRPC could resolve names itself, but looks again only when a connection breaks, and so never sees a new replica.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

log = logging.getLogger(__name__)

Resolve = Callable[[str], Awaitable[set[str]]]
"""From `name:port` to `address:port`; an empty set where the name has no address, `OSError` where nobody can tell."""

# The name, or an address of it, does not exist. Anything else is the resolver's trouble.
_NOT_THERE = frozenset({socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY})


async def resolve(target: str) -> set[str]:
    """See `Resolve`; asks the system's resolver, off the event loop."""
    host, _, port = target.rpartition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NOT_THERE:
            return set()
        raise
    return {_joined(str(address[0]), int(port)) for *_, address in found}


class Discovery:
    """Tells `set_addresses` the addresses of `targets` whenever they change; looks each `interval_s` seconds."""

    def __init__(
        self,
        targets: Sequence[str],
        set_addresses: Callable[[Iterable[str]], None],
        *,
        interval_s: float,
        resolve: Resolve = resolve,
    ) -> None:
        self._targets = targets
        self._set_addresses = set_addresses
        self._interval_s = interval_s
        self._resolve = resolve
        self._found: dict[str, frozenset[str]] = {}
        """The addresses of each target, at its last answer."""
        self._known: frozenset[str] = frozenset()
        self._failing: frozenset[str] = frozenset()

    async def follow(self) -> None:
        """Refresh for ever; to be cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._interval_s)

    async def refresh(self) -> None:
        """Look once; while the resolver fails for a target, its addresses of before hold."""
        errors = [error for error in await asyncio.gather(*map(self._look, self._targets)) if error is not None]
        failing = frozenset(target for target, _ in errors)
        if failing - self._failing:
            kinds = ", ".join(sorted({kind for _, kind in errors}))
            log.warning("replicas can't be looked up (%s); those of before hold", kinds)
        self._failing = failing
        self._take(frozenset[str]().union(*self._found.values()))

    async def _look(self, target: str) -> tuple[str, str] | None:
        """The target and the kind of error, where nobody can tell its addresses."""
        try:
            self._found[target] = frozenset(await self._resolve(target))
        # UnicodeError: a name that DNS can't hold.
        except (OSError, UnicodeError) as error:
            return target, type(error).__name__
        return None

    def _take(self, found: frozenset[str]) -> None:
        if found == self._known:
            return
        log.info("%d replica(s); %d came, %d left", len(found), len(found - self._known), len(self._known - found))
        self._known = found
        self._set_addresses(sorted(found))


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
