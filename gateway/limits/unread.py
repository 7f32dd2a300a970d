"""Connections whose caller doesn't read its answer.

What holds an answer up is the transport's buffer: while it is full, the answer's next piece waits, and with it a place
for batches, a file on the disk and the chunks in memory. And a connection doesn't end before the buffer is empty.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class UnreadGuard(HttpToolsProtocol):
    """Breaks a connection on which too little was read of a full buffer, or of what is left of a whole answer.

    It looks every `timeout_s` seconds; `least` bytes have to be gone each time, or all of them.
    """

    timeout_s: ClassVar[float]
    least: ClassVar[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._look: asyncio.TimerHandle | None = None
        self._is_answered = False

    def pause_writing(self) -> None:
        """The buffer is full."""
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        """There is room again."""
        self._look_no_more()
        super().resume_writing()
        if self._is_answered:
            self._look_later()

    def on_response_complete(self) -> None:
        """An answer was written; what the system didn't take of it lies in the buffer."""
        self._is_answered = True
        if self.transport.get_write_buffer_size():
            self._look_later()
        # It may begin the next one.
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._look_no_more()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._is_answered = False
        super()._start_asgi_task(cycle, app)

    def _look_later(self) -> None:
        self._look_no_more()
        self._look = self.loop.call_later(self.timeout_s, self._check, self.transport.get_write_buffer_size())

    def _look_no_more(self) -> None:
        if self._look is not None:
            self._look.cancel()

    def _check(self, held: int) -> None:
        left = self.transport.get_write_buffer_size()
        # With room in it, and an answer at work, the buffer grows again: that says nothing about the caller.
        if not left or not (self.flow.write_paused or self._is_answered):
            return
        if held - left >= self.least:
            self._look_later()
        else:
            # Closing would wait until the buffer has been read.
            self.transport.abort()


def guarded(base: type[HttpToolsProtocol], *, timeout_s: float, min_bytes_per_s: int) -> type[HttpToolsProtocol]:
    """A protocol with the guard; it waits `timeout_s` seconds, and wants so many bytes read in each of them."""
    bounds = {"timeout_s": timeout_s, "least": max(1, int(timeout_s * min_bytes_per_s))}
    return type("GuardedProtocol", (UnreadGuard, base), bounds)
