"""The command line of tritonserver: loopback only, models loaded by us alone, no guesses about configurations."""

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


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
    binary: Path, backends: Path, ports: Ports, *, http_threads: int, stop_timeout_s: float, config_name: str | None
) -> list[str]:
    """The command; to be run inside the repository's folder.

    With a `config_name`, models that have `configs/<name>.pbtxt` are loaded with it, all others with `config.pbtxt`.

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
    return [str(binary), "--disable-auto-complete-config", *(f"--{name}={value}" for name, value in options.items())]
