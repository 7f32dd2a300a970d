"""HTTP by hand, over a socket: what no client library would send."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

TIMEOUT_S = 20


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection to a server on this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        yield connection


def head(path: str, *headers: str, method: str = "POST", version: str = "1.1") -> bytes:
    """A request's head."""
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: gateway", *headers, "", ""]).encode()


def sized(path: str, body: bytes, *headers: str) -> bytes:
    """A request with a body of announced size."""
    return head(path, f"Content-Length: {len(body)}", *headers) + body


def answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer with a Content-Length: its status, headers and body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection, 1)
    lines = received.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    body = b""
    while len(body) < int(headers["content-length"]):
        body += _some(connection, int(headers["content-length"]) - len(body))
    return int(lines[0].split()[1]), headers, body


def refused(connection: socket.socket, status: int, code: str) -> None:
    """Check that the answer is a problem, the last on its connection."""
    found, headers, body = answer(connection)
    assert (found, json.loads(body)["code"]) == (status, code)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"


def ended(connection: socket.socket) -> bool:
    """Whether the server closes the connection without another byte."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def _some(connection: socket.socket, size: int) -> bytes:
    received = connection.recv(size)
    assert received, "the connection ended before the answer did"
    return received
