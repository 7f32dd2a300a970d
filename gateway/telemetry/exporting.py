"""Sending spans: in a thread of the SDK's, from a bounded queue, counted, and quiet while the collector is away."""

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import Counter

from contract.collector import traces_url
from gateway.metrics import Metrics
from gateway.telemetry.settings import TelemetrySettings

log = logging.getLogger(__name__)


class QuietExporter(SpanExporter):
    """Counts what another exporter does, and says once that it fails and once that it works again."""

    def __init__(self, exporter: SpanExporter, spans: Counter) -> None:
        self._exporter = exporter
        self._spans = spans
        self._failing = False
        self._ending = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send some spans; at the end there is no second try for a collector that is away."""
        result = SpanExportResult.FAILURE
        if not (self._ending and self._failing):
            result = self._exporter.export(spans)
        is_sent = result is SpanExportResult.SUCCESS
        self._spans.labels("sent" if is_sent else "failed").inc(len(spans))
        self._tell(is_sent)
        return result

    def end_soon(self) -> None:
        """Give up from the next failure on."""
        self._ending = True

    def shutdown(self) -> None:
        """End; whatever is being sent is given up."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is kept here."""
        return self._exporter.force_flush(timeout_millis)

    def _tell(self, is_sent: bool) -> None:
        if is_sent == self._failing:
            log.log(*((logging.INFO, "spans arrive again") if is_sent else (logging.WARNING, "spans can't be sent")))
        self._failing = not is_sent


class _Processor(BatchSpanProcessor):
    def __init__(self, exporter: QuietExporter, spans: Counter, queue: int) -> None:
        super().__init__(exporter, max_queue_size=queue, schedule_delay_millis=1000, max_export_batch_size=512)
        self._exporter = exporter
        self._ended = spans.labels("ended")

    def on_end(self, span: ReadableSpan) -> None:
        self._ended.inc()
        super().on_end(span)

    def shutdown(self) -> None:
        self._exporter.end_soon()
        super().shutdown()  # type: ignore[no-untyped-call]  # the SDK gives no types here


def processor(settings: TelemetrySettings, metrics: Metrics) -> BatchSpanProcessor:
    """What sends spans to the settings' collector; starts a thread.

    Headers and certificates come from the SDK's own variables, such as `OTEL_EXPORTER_OTLP_HEADERS`.
    """
    # The exporter's own log has a line for each try; we say it once.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    url = traces_url(settings.otlp_endpoint or "")
    exporter = QuietExporter(OTLPSpanExporter(endpoint=url, timeout=settings.otlp_timeout_s), metrics.spans)
    return _Processor(exporter, metrics.spans, settings.otlp_queue)
