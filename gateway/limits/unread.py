"""Connections whose caller doesn't read its answer.

What holds an answer up is the transport's buffer: while it is full, the answer's next piece waits, and with it a place
for batches, a file on the disk and the chunks in memory.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class UnreadGuard(HttpToolsProtocol):
    """Breaks a connection on which too little of a full buffer was read.

    It looks every `timeout_s` seconds for as long as the buffer is full; `least` bytes have to be gone each time.
    """

    timeout_s: ClassVar[float]
    least: ClassVar[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._look: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The buffer is full."""
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        """There is room again."""
        self._look_no_more()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._look_no_more()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._look = self.loop.call_later(self.timeout_s, self._check, self.transport.get_write_buffer_size())

    def _look_no_more(self) -> None:
        if self._look is not None:
            self._look.cancel()

    def _check(self, held: int) -> None:
        if held - self.transport.get_write_buffer_size() >= self.least:
            self._look_later()
        else:
            # Closing would wait until the buffer has been read.
            self.transport.abort()


def guarded(base: type[HttpToolsProtocol], *, timeout_s: float, min_bytes_per_s: int) -> type[HttpToolsProtocol]:
    """A protocol with the guard; it waits `timeout_s` seconds, and wants so many bytes read in each of them."""
    bounds = {"timeout_s": timeout_s, "least": max(1, int(timeout_s * min_bytes_per_s))}
    return type("GuardedProtocol", (UnreadGuard, base), bounds)
