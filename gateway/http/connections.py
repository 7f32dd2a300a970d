"""The open connections, counted."""

import contextlib
import logging
import resource
from collections import Counter

from prometheus_client import Gauge

from gateway.limits.address import network_of

log = logging.getLogger(__name__)

RESERVED_FILES = 256
"""Open files that are left for everything else: the model server, the database, spooled tables."""


class Connections:
    """How many connections there are, in all and of each address."""

    def __init__(self, *, most: int, most_per_address: int, gauge: Gauge) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._gauge = gauge
        self._of: Counter[str] = Counter()
        self.count = 0

    def fit_to_files(self) -> None:
        """Ask the system for as many open files as connections need, and make do with what it gives."""
        needed = self._most + RESERVED_FILES
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < needed:
            soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if allowed != resource.RLIM_INFINITY and allowed < needed:
            self._most = max(1, allowed - RESERVED_FILES)
            log.warning("The system allows %d open files, so at most %d connections.", allowed, self._most)

    def enter(self, network: str) -> bool:
        """Count a connection; returns whether there was room, and counts nothing where there was none."""
        if self.count >= self._most or (network and self._of[network] >= self._most_per_address):
            return False
        self._add(network, 1)
        return True

    def leave(self, network: str) -> None:
        """A connection that was counted has ended."""
        self._add(network, -1)
        if self._of[network] <= 0:
            del self._of[network]

    def _add(self, network: str, number: int) -> None:
        self._of[network] += number
        self.count += number
        self._gauge.set(self.count)


def network_of_peer(client: tuple[str, int] | None) -> str:
    """In whose name a connection is counted, see `network_of`; empty for a Unix socket."""
    return "" if client is None else network_of(client[0]) or client[0]
