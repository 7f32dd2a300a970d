"""The caller of one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.identity.permissions import PERMISSIONS, Permission, Role

Kind = Literal["user", "key", "issuer", "local", "nobody"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a user, an API key, somebody whom an external issuer vouches for, anybody on this machine, nobody."""

    kind: Kind
    name: str
    """A user's name, a key's prefix or an issuer's subject; safe to log, and never a secret."""
    role: Role | None

    @property
    def id(self) -> str:
        """Unique over all kinds: what logs and the database say about who it was."""
        return f"{self.kind}:{self.name}"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the caller may do."""
        return PERMISSIONS[self.role] if self.role else frozenset()


LOCAL = Principal("local", "local", Role.ADMIN)
"""Everybody, where the gateway asks nobody who they are: on loopback only."""
NOBODY = Principal("nobody", "nobody", None)
"""Who has shown neither token nor key."""


def principal_of(scope: Mapping[str, Any]) -> Principal:
    """The caller of an ASGI request, as the identity's middleware found it."""
    found: Principal = scope.get("state", {}).get("principal", NOBODY)
    return found
