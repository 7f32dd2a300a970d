"""How large a body may be, and where it is counted."""

from gateway.body_guard import Allow, Allowance, Budget
from gateway.metrics import Metrics
from gateway.settings import GatewaySettings
from gateway.tables.negotiation import format_sent

FILES = ("/predict/batch", "/validate")
"""Ends of addresses that take tables in files."""
BATCHES = ("/predict/batch", "/infer")
"""Ends of addresses that take many examples."""


def allowances(settings: GatewaySettings, metrics: Metrics) -> Allow:
    """The allowance of each body: tables' files are counted on the disk, all others in memory."""
    memory = Budget(settings.max_buffered_bytes, metrics.buffered)
    disk = Budget(settings.max_spooled_bytes, metrics.spooled)
    one = Allowance(settings.max_body_bytes, memory)
    batch = Allowance(settings.max_batch_bytes, memory)
    file = Allowance(settings.max_table_bytes, disk)

    def allow(path: str, content_type: str) -> Allowance:
        if path.endswith(FILES) and format_sent(content_type) is not None:
            return file
        return batch if path.endswith(BATCHES) else one

    return allow
