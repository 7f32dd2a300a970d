"""What all connections of one server share, and how it reaches them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from gateway.http.connections import Connections
from gateway.http.drain import Drain
from gateway.http.settings import HttpSettings
from gateway.identifiers import Identifiers


@dataclass(frozen=True)
class Guard:
    """Limits, and what is counted."""

    settings: HttpSettings
    connections: Connections
    drain: Drain
    count_refusal: Callable[[str], None]
    """Told the code of each answer that no app gave."""
    identifiers: Identifiers = field(default_factory=Identifiers)


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, which it hands to each connection, with what ours take besides."""

    def __init__(self, app: Any, *, guard: Guard, **options: Any) -> None:
        super().__init__(app, **options)
        self.guard = guard
