"""What a request of each role may hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.identity.permissions import Role
from gateway.limits.settings import RoleLimits
from gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may hold at most."""

    body_bytes: int
    """Of a body; in a batch, of each picture."""
    batch_bytes: int
    table_bytes: int
    parts: int
    rows: int
    """Of a JSON document."""
    upload_bytes: int
    upload_parts: int


class RoleBounds:
    """Each role's bounds: the general ones, and where the role has a lower one, that."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._general = Bounds(
            body_bytes=settings.max_body_bytes,
            batch_bytes=settings.max_batch_bytes,
            table_bytes=settings.max_table_bytes,
            parts=settings.max_parts,
            rows=settings.max_rows,
            upload_bytes=settings.max_upload_bytes,
            upload_parts=settings.max_upload_parts,
        )
        self._roles: Mapping[Role, Bounds] = {
            role: _lowered(self._general, limits) for role, limits in settings.role_limits.items()
        }

    def of(self, role: Role | None) -> Bounds:
        """The bounds of a role; the general ones for who has none."""
        return self._roles.get(role, self._general) if role else self._general


def _lowered(general: Bounds, own: RoleLimits) -> Bounds:
    return Bounds(
        body_bytes=min(general.body_bytes, own.body_bytes or general.body_bytes),
        batch_bytes=min(general.batch_bytes, own.batch_bytes or general.batch_bytes),
        table_bytes=min(general.table_bytes, own.table_bytes or general.table_bytes),
        parts=min(general.parts, own.parts or general.parts),
        rows=min(general.rows, own.rows or general.rows),
        upload_bytes=min(general.upload_bytes, own.upload_bytes or general.upload_bytes),
        upload_parts=min(general.upload_parts, own.upload_parts or general.upload_parts),
    )
