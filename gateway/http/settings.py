"""Settings of HTTP connections."""

from typing import Annotated

from pydantic import Field

from gateway.settings_group import SettingsGroup

Count = Annotated[int, Field(ge=1)]


class HttpSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_…`); frozen."""

    socket_fd: Annotated[int, Field(ge=3)] | None = None
    """Number of an open file descriptor that listens already, in place of host and port: whoever starts the gateway
    keeps the socket open, and a restart loses no request. Empty: host and port."""
    head_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """Seconds in which a request's head has to arrive, from the connection or from the head's first byte."""
    max_head_bytes: Count = 32 * 1024
    """Bytes of a request's head, and of the trailers after its body."""
    max_headers: Count = 100
    """Headers of a request, and trailers."""
    max_pipelined: Count = 16
    """Requests that one connection may send ahead of the answers."""
    max_connections: Count = 4096
    """Open connections; beyond that a new one is answered with 503. Fewer where the system allows fewer open files."""
    max_connections_per_address: Count = 1024
    """Open connections of one address, or of one /64 network of IPv6. A proxy is one address."""
    drain_s: Annotated[float, Field(ge=0)] = 0.0
    """Seconds that a gateway which is asked to stop goes on taking requests, while `/health/ready` says `draining` and
    each answer ends its connection. Where something else waits already, as a pod's `preStop` does: 0."""
