"""Which tracer the settings ask for."""

from gateway.metrics import Metrics
from gateway.telemetry.settings import TelemetrySettings
from gateway.telemetry.tracing import Tracing, Untraced


def tracing_for(settings: TelemetrySettings, metrics: Metrics) -> Tracing:
    """A tracer; one that sends spans does so when it runs, not before."""
    if settings.otlp_endpoint is None:
        return Untraced()
    from gateway.telemetry.otlp import OtlpTracing  # noqa: PLC0415  the SDK is loaded only where it is used

    return OtlpTracing(settings, metrics)
