"""Where traces are sent."""

from typing import Annotated

from pydantic import StringConstraints

CollectorAddress = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?$")]
"""Of an OpenTelemetry collector, OTLP over HTTP; without credentials, and with nothing that an argument list minds."""


def traces_url(address: str) -> str:
    """Where a collector takes traces."""
    return f"{address.rstrip('/')}/v1/traces"
