"""The gateway's metrics; docs/gateway.md explains each of them, and a test checks that it does.

No label takes a value that a caller chooses freely: routes are templates, labels come from cards, methods are a fixed
set.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.prediction_log.metrics import LogMetrics

PREFIX = "trireme_gateway_"
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
DECODE_BUCKETS_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 8192)


class Metrics:
    """All metrics of one gateway, in a registry of its own; times are in seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        version = ["model", "version"]
        self.requests = self._counter("requests", "Answered requests.", ["route", "method", "status"])
        self.latency = self._histogram(
            "request_seconds", "Time from a request's head to its answer's end.", ["route"], LATENCY_BUCKETS_S
        )
        self.in_flight = self._gauge("requests_in_flight", "Requests being answered.")
        self.connections = self._gauge("connections", "Open connections.")
        self.rejected = self._counter("rejected", "Requests and pictures answered with a problem.", ["code"])
        self.predictions = self._counter("predictions", "Pictures and rows answered.", [*version, "label"])
        self.pictures = self._gauge(
            "pictures_in_flight", "Pictures and rows waiting for or in a call to Triton.", version
        )
        self.triton = self._histogram("triton_seconds", "Time of one call to Triton.", version, LATENCY_BUCKETS_S)
        self.batch = self._histogram(
            "batch_pictures", "Pictures or rows in one call to Triton.", version, BATCH_BUCKETS
        )
        self.triton_errors = self._counter("triton_errors", "Calls to Triton that failed.", ["status"])
        self.dropped = self._counter(
            "dropped", "Pictures and blocks of rows dropped before a call: nobody waited any more.", version
        )
        self.decode = self._histogram("decode_seconds", "Time to turn a picture into a tensor.", [], DECODE_BUCKETS_S)
        self.rows = self._counter("file_rows", "Rows of files, by what became of them.", [*version, "outcome"])
        self.spooled = self._gauge("spooled_bytes", "Bytes of tables' files on the disk.")
        self.buffered = self._gauge("buffered_bytes", "Bytes of bodies being read or in work.")
        self.served = self._gauge("served_version", "1 for a served version, 2 for the stable one.", version)
        self.log = LogMetrics(self.registry)
        self.catalogue_errors = self._counter("catalogue_errors", "Failed reads of cards and of the served list.", [])

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(PREFIX + name, text, labels or [], registry=self.registry)

    def _histogram(self, name: str, text: str, labels: list[str], buckets: tuple[float, ...]) -> Histogram:
        return Histogram(PREFIX + name, text, labels, buckets=buckets, registry=self.registry)
