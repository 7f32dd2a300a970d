"""What the client says of a gateway that goes away."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from trireme.client import Client
from trireme.errors import GatewayAway

RESET = struct.pack("ii", 1, 0)
"""Linger for no second: closing the socket resets the connection."""


@contextmanager
def resetting() -> Iterator[str]:
    """The address of a server that resets its first connection in the middle of an answer."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_connection_that_breaks_in_the_middle_is_no_gateway_that_is_away() -> None:
    with resetting() as url, Client(url) as client, pytest.raises(GatewayAway, match="broke the answer off"):
        client.models()


def test_where_nobody_listens_the_sentence_says_how_to_start_one() -> None:
    with Client("http://127.0.0.1:1") as client, pytest.raises(GatewayAway, match="start one with: trireme serve"):
        client.models()
