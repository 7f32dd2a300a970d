"""The prediction log's metrics; docs/gateway.md explains each of them."""

from prometheus_client import CollectorRegistry, Counter, Gauge

PREFIX = "trireme_gateway_log_"


class LogMetrics:
    """What became of entries, and what waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.shipped = Counter(PREFIX + "shipped", "Entries that the database took.", registry=registry)
        self.lost = Counter(
            PREFIX + "lost", "Entries that can't be in the database, by reason.", ["reason"], registry=registry
        )
        self.queue = Gauge(PREFIX + "queue", "Entries in memory alone.", registry=registry)
        self.journal = Gauge(
            PREFIX + "journal_bytes", "Bytes of entries that the database doesn't have yet.", registry=registry
        )
        self.oldest = Gauge(
            PREFIX + "oldest_seconds", "Age of the oldest of them; 0 where there is none.", registry=registry
        )
