"""Identifiers of predictions, requests and traces."""

import os
import re
import time
import uuid

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=:@-]{1,128}", re.ASCII)


class Identifiers:
    """Makes identifiers that nobody can guess; not for several threads.

    Random bytes are fetched `block` at a time: in some sandboxes, asking the kernel costs more than all the rest of a
    small request.
    """

    def __init__(self, block: int = 4096) -> None:
        self._block = block
        self._bytes = b""

    def prediction_id(self) -> str:
        """A UUID of version 7 (RFC 9562): it sorts by the time it was made, to the millisecond."""
        milliseconds = time.time_ns() // 1_000_000
        value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(self._random(10))
        value = value & ~(0xF << 76) | 7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        return str(uuid.UUID(int=value))

    def trace_id(self, traceparent: str | None) -> str:
        """The caller's trace id from a W3C `traceparent` header, or a new one: 32 hexadecimal digits."""
        match = _TRACEPARENT.match(traceparent) if traceparent else None
        return match["trace"] if match else self._random(16).hex()

    def span_id(self) -> str:
        """A new span id: 16 hexadecimal digits, not all of them 0."""
        found = self._random(8).hex()
        return found if found.strip("0") else self.span_id()

    def request_id(self, given: str | None) -> str:
        """The caller's `X-Request-Id` where it is well-formed, or a new one."""
        return given if given and _REQUEST_ID.fullmatch(given) else self.prediction_id()

    def _random(self, size: int) -> bytes:
        if len(self._bytes) < size:
            self._bytes = os.urandom(self._block)
        taken, self._bytes = self._bytes[:size], self._bytes[size:]
        return taken
