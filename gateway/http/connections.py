"""The open connections, counted."""

import contextlib
import ipaddress
import logging
import resource
from collections import Counter

from prometheus_client import Gauge

log = logging.getLogger(__name__)

RESERVED_FILES = 256
"""Open files that are left for everything else: the model server, the database, spooled tables."""
IPV6_NETWORK = 64


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


def network_of(client: tuple[str, int] | None) -> str:
    """What counts as one address: one of IPv4, a /64 of IPv6; empty for a Unix socket."""
    if client is None:
        return ""
    if ":" not in client[0]:
        return client[0]
    address = ipaddress.IPv6Address(client[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK), strict=False))
