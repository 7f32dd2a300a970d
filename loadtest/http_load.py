"""HTTP/1.1 clients that cost little: on two cores, a comfortable client would be what is measured.

Only for servers that answer with a Content-Length, as the gateway's predictions do.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from loadtest.credentials import credentials
from loadtest.schedule import Schedule


@dataclass(frozen=True)
class HttpTarget:
    """A request that is sent again and again."""

    url: str
    body: bytes
    content_type: str

    def message(self) -> bytes:
        """The request as it goes over the wire."""
        parts = urlsplit(self.url)
        shown = "".join(f"{name}: {value}\r\n" for name, value in credentials().items())
        head = (
            f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{shown}"
            f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body

    async def run(self, clients: int, schedule: Schedule) -> None:
        """Keep `clients` connections busy until the schedule is over."""
        parts = urlsplit(self.url)
        message = self.message()
        loop = asyncio.get_running_loop()
        users = []
        for _ in range(clients):
            _, user = await loop.create_connection(
                lambda: HttpUser(message, schedule), parts.hostname or "127.0.0.1", parts.port or 80
            )
            users.append(user.finished)
        await asyncio.gather(*users)


class HttpUser(asyncio.Protocol):
    """One connection: sends the next request when the answer is complete."""

    def __init__(self, message: bytes, schedule: Schedule) -> None:
        self._message = message
        self._schedule = schedule
        self._received = bytearray()
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Collect an answer; when it is complete, count it and go on."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0 or len(self._received) < head + 4 + _content_length(self._received[:head]):
            return
        self._schedule.note(self._sent, good=self._received.startswith(b"HTTP/1.1 200"))
        self._received.clear()
        self._send()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Count a connection that ended before its time."""
        if not self._schedule.is_over:
            self._schedule.note(self._sent, good=False)
        if not self.finished.done():
            self.finished.set_result(None)

    def _send(self) -> None:
        if self._transport is None:
            return
        if self._schedule.is_over:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(self._message)


def _content_length(head: bytes | bytearray) -> int:
    for line in bytes(head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
