"""Settings of logs, traces and service levels."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from contract.collector import CollectorAddress
from gateway.settings_group import SettingsGroup

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class TelemetrySettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_LOGGING_…`, `GATEWAY_OTLP_…` and others); frozen."""

    logging_format: Literal["auto", "json", "text"] = "auto"
    """`json`: one JSON document a line. `text`: lines for people. `auto`: text on a terminal, JSON everywhere else."""
    logging_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe of the messages that are logged."""
    logging_file: Path | None = None
    """A file that gets the log too; empty: none. When it is full it is renamed to `<name>.1`, and so on."""
    logging_file_bytes: Count = 10 * 1024 * 1024
    """Bytes after which the log's file is renamed and begun anew."""
    logging_files: Annotated[int, Field(ge=1, le=1000)] = 5
    """Renamed files of the log that are kept."""
    logging_queue: Count = 10_000
    """Messages that may wait to be written; beyond that they are dropped and counted."""
    otlp_endpoint: CollectorAddress | None = None
    """Address of an OpenTelemetry collector (OTLP over HTTP, such as `http://collector:4318`) that gets the traces;
    empty: no traces are made."""
    otlp_timeout_s: Seconds = 5.0
    """Seconds that sending some spans to the collector may take, further tries included."""
    otlp_queue: Annotated[int, Field(ge=512)] = 4096
    """Spans that may wait to be sent; beyond that the oldest are dropped."""
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the requests that are traced, of those whose caller hasn't decided it in a `traceparent` header."""
    slo_latency_s: Seconds = 0.25
    """Seconds within which a prediction counts as fast in `trireme_gateway_slo_requests_total`."""

    @field_validator("logging_file", "otlp_endpoint", mode="before")
    @classmethod
    def _empty_means_none(cls, value: Any) -> Any:
        return None if value == "" else value
