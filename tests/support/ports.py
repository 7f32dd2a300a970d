"""Ports for servers that tests start, kill, and start again at the same address."""

import random
import socket
from contextlib import ExitStack

RANGE = range(12_000, 32_000)
"""Below those from which the system takes its own: no connection of another program can have one meanwhile."""


def free_ports(count: int) -> list[int]:
    """Ports on the loopback interface that were free a moment ago."""
    with ExitStack() as stack:
        return [stack.enter_context(_bound()).getsockname()[1] for _ in range(count)]


def _bound() -> socket.socket:
    # By chance, so that tests side by side do not try the same ones.
    for port in random.sample(RANGE, 200):
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
    raise AssertionError("no port is free")
