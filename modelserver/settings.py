"""Settings of the embedded model server."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.collector import CollectorAddress

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class ModelServerSettings(BaseSettings):
    """Read once from the environment (`MODELSERVER_…`) and `.env`; frozen.

    There is no setting for the address: this server listens on loopback only.
    """

    model_config = SettingsConfigDict(
        env_prefix="MODELSERVER_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
    )

    host: ClassVar[str] = "127.0.0.1"

    repository: Path = Path("model_repository")
    """Folder of the model repository."""
    served: Path = Path(".trireme/served.json")
    """The list of versions to hold loaded; it is followed while the server runs."""
    http_port: Port = 8000
    """Port of Triton's REST API on 127.0.0.1."""
    grpc_port: Port = 8001
    """Port of Triton's gRPC API on 127.0.0.1."""
    metrics_port: Port = 8002
    """Port of Triton's own metrics on 127.0.0.1."""
    cache_dir: Path = Field(default_factory=lambda: platformdirs.user_cache_path("trireme"))
    """Folder in which the server's backends are laid out once; a path without spaces. Default: the user's cache."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe of Triton's own messages that reach the log; its routine messages appear as debug."""
    poll_interval_s: Seconds = 0.5
    """Seconds between two looks at the list of served versions and at the server's process."""
    health_interval_s: Seconds = 2.0
    """Seconds between two health checks of a version; each is a real inference."""
    health_timeout_s: Seconds = 5.0
    """Seconds after which a health check counts as unanswered."""
    health_misses: Annotated[int, Field(ge=1)] = 3
    """Unanswered health checks in a row after which a version counts as hung; an error counts at once."""
    start_timeout_s: Seconds = 30.0
    """Seconds in which the empty server has to answer."""
    load_timeout_s: Seconds = 300.0
    """Seconds in which one version has to load or to unload."""
    stop_timeout_s: Seconds = 15.0
    """Seconds for requests in flight when the server stops; then it is killed."""
    port_timeout_s: Annotated[float, Field(ge=0)] = 3.0
    """Seconds that a taken port may need to become free: a server that was just killed still cleans up."""
    backoff_s: Seconds = 0.5
    """Seconds before the first restart of a dead server or the first new try of a failed version; doubles each time."""
    backoff_max_s: Seconds = 30.0
    """Most seconds between two tries."""
    http_threads: Annotated[int, Field(ge=1)] = 4
    """Threads of Triton's REST API; gRPC, which the gateway uses, has its own."""
    shm_mib: Annotated[int, Field(ge=1)] = 16
    """Mebibytes that have to be free in /dev/shm at the start: each model's process takes one or more."""
    otlp_endpoint: CollectorAddress | None = None
    """Address of an OpenTelemetry collector (OTLP over HTTP, such as `http://127.0.0.1:4318`) that gets Triton's spans
    of the requests that the gateway traces; empty: none."""
