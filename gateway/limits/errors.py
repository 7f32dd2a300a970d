"""Errors of the limits.

TriremeError
├── RequestError
│   ├── RateLimited        429  rate-limited
│   └── TooManyBatches     429  too-many-batches
└── DeadlinePassed         504  deadline-passed
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.errors import GatewayError, RequestError


class RateLimited(RequestError):
    """The caller has sent more requests than it may in some time; `Retry-After` says when one is taken again."""

    status = 429
    code = "rate-limited"
    title = "Too many requests"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Too many requests; the next one is taken in {retry_after_s:,} s.")
        self.headers = {"Retry-After": str(retry_after_s)}


class TooManyBatches(RequestError):
    """The caller has as many batches and files in work as one may have; `Retry-After` says when to try again."""

    status = 429
    code = "too-many-batches"
    title = "Too many batches of one caller are in work"
    headers: Mapping[str, str] = MappingProxyType({"Retry-After": "1"})


class DeadlinePassed(GatewayError):
    """The time that the caller gave in `X-Request-Timeout` is over; what was in work for it was cancelled."""

    status = 504
    code = "deadline-passed"
    title = "The request's own deadline has passed"
