"""What the tests of tracking share."""

import socket
import threading
from collections.abc import Iterator

import pytest


class Listener:
    """A port that takes connections and never answers; `calls` counts them."""

    def __init__(self) -> None:
        self.calls = 0
        self._held: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                self._held.append(self._socket.accept()[0])
                self.calls += 1
        except OSError:  # closed
            return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        for held in (*self._held, self._socket):
            held.close()


@pytest.fixture
def black_hole() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()
