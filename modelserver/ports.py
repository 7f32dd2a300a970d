"""Ports on 127.0.0.1: whether they are free, and finding free ones."""

import contextlib
import errno
import socket
import time
from collections.abc import Iterable

from modelserver.command import LOOPBACK, Ports
from modelserver.errors import PortTaken, ServerFailed

POLL_S = 0.1


def check_free(ports: Ports, timeout: float = 0.0) -> None:
    """Wait up to `timeout` seconds for all three ports; raises `PortTaken`."""
    deadline = time.monotonic() + timeout
    while (taken := _first_taken(ports)) is not None:
        if time.monotonic() >= deadline:
            name, port = taken
            raise PortTaken(
                f"Port {port} is taken by another program; stop that, or set MODELSERVER_{name.upper()}_PORT."
            )
        time.sleep(POLL_S)


def find_free() -> Ports:
    """Three ports that are free now. Another program may take one before it is used: be ready to try again."""
    with contextlib.ExitStack() as stack:
        http, grpc, metrics = (stack.enter_context(_bound(0)).getsockname()[1] for _ in range(3))
    return Ports(http, grpc, metrics)


def _first_taken(ports: Ports) -> tuple[str, int] | None:
    named: Iterable[tuple[str, int]] = (("http", ports.http), ("grpc", ports.grpc), ("metrics", ports.metrics))
    return next(((name, port) for name, port in named if not _is_free(port)), None)


def _is_free(port: int) -> bool:
    try:
        _bound(port).close()
    except PermissionError:
        raise ServerFailed(f"Port {port} may only be used by an administrator.") from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True


def _bound(port: int) -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # As Triton does: connections of an earlier server that still time out don't count.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((LOOPBACK, port))
    except BaseException:
        server.close()
        raise
    return server
