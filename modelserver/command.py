"""The command line of tritonserver: loopback only, models loaded by us alone, no guesses about configurations."""

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
SEND_MS = 1000
"""How often Triton sends its spans; what a killed server loses of them."""
NEVER = 0
"""A rate: Triton begins no trace by itself, and so none for health checks: it joins those that calls bring along."""


@dataclass(frozen=True)
class Ports:
    """The three ports of a server, all on 127.0.0.1."""

    http: int
    grpc: int
    metrics: int

    @property
    def grpc_address(self) -> str:
        """Host and port of the gRPC API."""
        return f"{LOOPBACK}:{self.grpc}"


def arguments(
    binary: Path,
    backends: Path,
    ports: Ports,
    *,
    http_threads: int,
    stop_timeout_s: float,
    config_name: str | None,
    otlp_endpoint: str | None = None,
) -> list[str]:
    """The command; to be run inside the repository's folder.

    With a `config_name`, models that have `configs/<name>.pbtxt` are loaded with it, all others with `config.pbtxt`.
    With an `otlp_endpoint`, spans of traced calls are sent there.

    The repository is given as `.`: Triton puts model paths into a shell command, so a space in the repository's own
    path would break it (and worse could be done with other characters).
    """
    options = {
        "model-repository": ".",
        "backend-directory": backends,
        "model-control-mode": "explicit",
        "strict-readiness": "false",
        "exit-timeout-secs": max(1, int(stop_timeout_s)),
        "http-address": LOOPBACK,
        "http-port": ports.http,
        "http-thread-count": http_threads,
        "grpc-address": LOOPBACK,
        "grpc-port": ports.grpc,
        "metrics-address": LOOPBACK,
        "metrics-port": ports.metrics,
        "allow-gpu-metrics": "false",
        "allow-sagemaker": "false",
        "allow-vertex-ai": "false",
        "pinned-memory-pool-byte-size": 0,
    }
    if config_name is not None:
        options["model-config-name"] = config_name
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [str(binary), "--disable-auto-complete-config", *flags, *_tracing(otlp_endpoint)]


def _tracing(otlp_endpoint: str | None) -> list[str]:
    if otlp_endpoint is None:
        return []
    url = f"{otlp_endpoint.rstrip('/')}/v1/traces"
    settings = ("mode=opentelemetry", f"rate={NEVER}", "level=TIMESTAMPS")
    own = (f"url={url}", "resource=service.name=triton", f"bsp_schedule_delay={SEND_MS}")
    return [f"--trace-config={setting}" for setting in (*settings, *(f"opentelemetry,{one}" for one in own))]
