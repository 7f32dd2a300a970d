"""How large a body may be, and where it is counted."""

from gateway.bodies import MULTIPART
from gateway.body_guard import Allow, Allowance, Budget
from gateway.identity.permissions import Role
from gateway.limits.roles import RoleBounds
from gateway.metrics import Metrics
from gateway.settings import GatewaySettings
from gateway.tables.negotiation import format_sent

FILES = ("/predict/batch", "/validate")
"""Ends of addresses that take tables in files."""
UPLOADS = "/data"
"""End of the address that takes training data."""
BATCHES = ("/predict/batch", "/infer")
"""Ends of addresses that take many examples."""


def allowances(settings: GatewaySettings, metrics: Metrics) -> Allow:
    """The allowance of each body: tables' files and uploads are counted on the disk, all others in memory."""
    memory = Budget(settings.max_buffered_bytes, metrics.buffered)
    disk = Budget(settings.max_spooled_bytes, metrics.spooled)
    bounds = RoleBounds(settings)

    def allow(path: str, content_type: str, role: Role | None) -> Allowance:
        bound = bounds.of(role)
        if path.endswith(UPLOADS) and (format_sent(content_type) is not None or _is_multipart(content_type)):
            return Allowance(bound.upload_bytes, disk)
        if path.endswith(FILES) and format_sent(content_type) is not None:
            return Allowance(bound.table_bytes, disk)
        return Allowance(bound.batch_bytes if path.endswith(BATCHES) else bound.body_bytes, memory)

    return allow


def _is_multipart(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == MULTIPART
