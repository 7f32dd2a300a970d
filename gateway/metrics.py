"""The gateway's metrics; docs/gateway.md explains each of them, and a test checks that it does.

No label takes a value that a caller chooses freely: routes are templates, labels come from cards, methods are a fixed
set.
"""

import platform
from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from contract import __version__
from contract.card import VersionCard
from contract.names import ModelVersion
from gateway.drift.metrics import DriftMetrics
from gateway.jobs.metrics import JobMetrics
from gateway.outcomes.tally import Tally
from gateway.prediction_log.metrics import LogMetrics
from gateway.rollout.metrics import RolloutMetrics
from gateway.telemetry.process import register_process
from gateway.telemetry.service_levels import ServiceLevels

PREFIX = "trireme_gateway_"
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
DECODE_BUCKETS_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
MAX_LABELS = 100
"""Labels of one version that are counted by name; a model with more has them together as `other`."""
OTHER = "other"
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 8192)


class Metrics:
    """All metrics of one gateway, in a registry of its own; times are in seconds."""

    def __init__(self, *, slo_latency_s: float = 0.25) -> None:
        self.registry = CollectorRegistry()
        version = ["model", "version"]
        self._add_requests()
        self._add_telemetry(slo_latency_s)
        self.predictions = self._counter("predictions", "Pictures and rows answered.", [*version, "label"])
        self.answers = self._counter("answers", "Inputs that a version was asked for.", [*version, "outcome"])
        self.tally = Tally()
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
        self.served = self._gauge("served_version", "1 for a served version, 2 for the stable one.", version)
        self.log = LogMetrics(self.registry)
        self.jobs = JobMetrics(self.registry)
        self.rollout = RolloutMetrics(self.registry)
        self.drift = DriftMetrics(self.registry)
        self.catalogue_errors = self._counter("catalogue_errors", "Failed reads of cards and of the served list.", [])

    def count_predictions(self, card: VersionCard, label: str, count: int = 1) -> None:
        """Count answers with a label."""
        labels = card.output.labels
        named = label if len(labels) <= MAX_LABELS or label in labels[:MAX_LABELS] else OTHER
        self.predictions.labels(card.model, str(card.version), named).inc(count)

    def count_answer(self, name: ModelVersion, *, is_answered: bool) -> None:
        """Count an input that a version answered, or failed to: a picture, a block of rows, a tensor, or a file."""
        self.answers.labels(name.model, str(name.version), "answered" if is_answered else "failed").inc()
        self.tally.add(name.model, name.version, is_answered=is_answered)

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Forget versions that are not served any more."""
        wanted = {(name.model, str(name.version)) for name in served}
        counters = (self.predictions, self.answers, self.asked, self.dropped, self.rows)
        for metric in (*counters, self.pictures, self.triton, self.batch):
            for model, version in _versions(metric) - wanted:
                metric.remove_by_labels({"model": model, "version": version})

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _add_requests(self) -> None:
        self.asked = self._counter(
            "asked", "Requests for predictions of a version that may sleep.", ["model", "version"]
        )
        self.requests = self._counter("requests", "Answered requests.", ["route", "method", "status"])
        self.latency = self._histogram(
            "request_seconds", "Time from a request's head to its answer's end.", ["route"], LATENCY_BUCKETS_S
        )
        self.in_flight = self._gauge("requests_in_flight", "Requests being answered, but for the reading of metrics.")
        self.connections = self._gauge("connections", "Open connections.")
        self.rejected = self._counter("rejected", "Requests and pictures answered with a problem.", ["code"])
        self.spooled = self._gauge("spooled_bytes", "Bytes of tables' files on the disk.")
        self.buffered = self._gauge("buffered_bytes", "Bytes of bodies being read or in work.")
        self.rate_store_errors = self._counter(
            "rate_store_errors", "Questions to the shared store of rate limits that it didn't answer in time.", []
        )

    def _add_telemetry(self, slo_latency_s: float) -> None:
        build = Gauge("trireme_build_info", "Always 1.", ["version", "python"], registry=self.registry)
        build.labels(__version__, platform.python_version()).set(1)
        register_process(self.registry, PREFIX)
        self.loop_lag = self._gauge("event_loop_lag_seconds", "Longest delay of the event loop in 15 seconds.")
        self.spans = self._counter("spans", "Spans, by what became of them.", ["outcome"])
        slo = self._counter("slo_requests", "Requests that a service level counts.", ["model", "slo", "good"])
        self.service_levels = ServiceLevels(slo, latency_s=slo_latency_s)

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(PREFIX + name, text, labels or [], registry=self.registry)

    def _histogram(self, name: str, text: str, labels: list[str], buckets: tuple[float, ...]) -> Histogram:
        return Histogram(PREFIX + name, text, labels, buckets=buckets, registry=self.registry)


def _versions(metric: Counter | Gauge | Histogram) -> set[tuple[str, str]]:
    samples = (sample for family in metric.collect() for sample in family.samples)
    return {(sample.labels["model"], sample.labels["version"]) for sample in samples}
