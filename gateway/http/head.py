"""The head of a request: how much of it may arrive, and what it must not say."""

import re
from collections.abc import Iterable

from gateway.http.errors import HeadTooLarge, HttpMalformed

HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
VERSIONS = frozenset({"1.0", "1.1"})

Headers = Iterable[tuple[bytes, bytes]]


class Head:
    """Counts the head that a connection is reading, trailers included.

    Two counts, because the parser keeps a header to itself until the next one begins: what it told, and what it was
    given while nothing but this head was read.
    """

    def __init__(self, *, max_bytes: int, max_headers: int) -> None:
        self._max_bytes = max_bytes
        self._max_headers = max_headers
        self.number = 0
        """Counts the heads of the connection."""
        self.next()

    def next(self) -> None:
        """Wait for another head."""
        self.number += 1
        self.is_open = True
        self._told = self._given = self._headers = 0

    @property
    def has_begun(self) -> bool:
        """Whether any of it has arrived."""
        return bool(self._told or self._given)

    def end(self) -> None:
        """The head is complete; what is counted from now on are trailers."""
        self.is_open = False

    def tell(self, size: int, *, headers: int = 0) -> None:
        """Count what the parser tells; raises `HeadTooLarge`."""
        self._told += size
        self._headers += headers
        if self._headers > self._max_headers:
            raise HeadTooLarge(f"The request has more than {self._max_headers:,} headers.")
        self._check(self._told)

    def give(self, size: int) -> None:
        """Count what the parser was given; raises `HeadTooLarge`."""
        self._given += size
        self._check(self._given)

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise HeadTooLarge(f"The request's head is larger than {self._max_bytes:,} bytes.")


def check_head(headers: Headers, version: str) -> None:
    """Raise `HttpMalformed` where another reader of this head could see another request.

    RFC 9112: one `Host` (section 3.2), and `Transfer-Encoding` in HTTP/1.1 alone and `chunked` alone (6.1); the parser
    has refused a second `Content-Length`, one beside `Transfer-Encoding`, and folded lines.
    """
    if version not in VERSIONS:
        raise HttpMalformed("This server speaks HTTP/1.1.")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (version == "1.1" and not hosts) or not all(map(HOST.fullmatch, hosts)):
        raise HttpMalformed("A request has exactly one header Host, which names a host.")
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and (version == "1.0" or codings != [b"chunked"]):
        raise HttpMalformed("The only transfer coding is chunked.")
