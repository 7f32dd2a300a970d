"""Errors that end a connection before its request reaches the app.

GatewayError
├── RequestError
│   ├── HttpMalformed        400  http-malformed
│   ├── HeadLate             408  head-late
│   └── HeadTooLarge         431  head-too-large
└── RetryLater
    └── TooManyConnections   503  too-many-connections
"""

from gateway.errors import RequestError, RetryLater


class HttpMalformed(RequestError):
    """The bytes are no HTTP/1.1 request, or one whose length or host could be read in two ways."""

    code = "http-malformed"
    title = "It is not a well-formed HTTP/1.1 request"


class HeadLate(RequestError):
    """The request's head did not arrive in time."""

    status = 408
    code = "head-late"
    title = "The request's head did not arrive in time"


class HeadTooLarge(RequestError):
    """The request's head has more bytes or headers than the limit."""

    status = 431
    code = "head-too-large"
    title = "The request's head is too large"


class TooManyConnections(RetryLater):
    """The gateway, or the caller's address, has as many open connections as it may."""

    code = "too-many-connections"
    title = "There are too many open connections"
