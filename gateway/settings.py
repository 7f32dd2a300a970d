"""Settings of the gateway."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from gateway.autoscaling.settings import AutoscalingSettings
from gateway.database.settings import DatabaseSettings
from gateway.drift.settings import DriftSettings
from gateway.examples.settings import ExampleSettings
from gateway.http.settings import HttpSettings
from gateway.identity.addresses import is_loopback
from gateway.identity.settings import IdentitySettings
from gateway.jobs.kubernetes.settings import KubernetesJobSettings
from gateway.jobs.settings import JobSettings
from gateway.limits.settings import LimitSettings
from gateway.prediction_log.settings import LogSettings
from gateway.rollout.settings import RolloutSettings
from gateway.telemetry.settings import TelemetrySettings
from gateway.waking.settings import WakingSettings

Bytes = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Address = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$")]

MIB = 1024 * 1024


class GatewaySettings(
    AutoscalingSettings,
    DatabaseSettings,
    DriftSettings,
    ExampleSettings,
    HttpSettings,
    IdentitySettings,
    JobSettings,
    KubernetesJobSettings,
    LimitSettings,
    LogSettings,
    RolloutSettings,
    TelemetrySettings,
    WakingSettings,
):
    """Read once from the environment (`GATEWAY_…`) and `.env`; frozen. Its bases are the parts' groups of settings."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    """Port to listen on."""
    repository: Path = Path("model_repository")
    """Folder of the model repository."""
    served: Path | None = Path(".trireme/served.json")
    """The list of served versions; empty: every version counts as served, and each model's highest is stable."""
    refresh_interval_s: Seconds = 1.0
    """Seconds between two looks at the repository and at the list of served versions."""
    triton_addresses: Annotated[tuple[Address, ...], Field(min_length=1)] = ("127.0.0.1:8001",)
    """Host and port of each Triton replica's gRPC API, as a JSON list."""
    triton_discovery: Literal["static", "dns"] = "static"
    """`static`: each of the addresses above is one replica. `dns`: each is a name of which every address is a replica,
    such as a headless Service's."""
    discovery_interval_s: Seconds = 1.0
    """Seconds between two looks at the names, with `dns`."""
    triton_timeout_s: Seconds = 5.0
    """Seconds that a picture or row may wait, queue included, for the model server's answer."""
    calls_per_replica: Count = 2
    """Calls in flight to one replica for one version; what arrives meanwhile goes together in the next call."""
    max_queue: Count = 1024
    """Pictures that may wait for a call, per version; beyond that the answer is 503."""
    decode_threads: Count | None = None
    """Threads that decode pictures and read rows; empty: one a processor, at most eight."""
    decode_queue: Count = 512
    """Requests that may wait for or be in decoding; beyond that the answer is 503."""
    decode_timeout_s: Seconds = 10.0
    """Seconds that a picture may wait for its tensor; after that the answer is 503."""
    max_body_bytes: Bytes = 10 * MIB
    """Bytes of a request's body; for a batch, of each picture in it."""
    max_batch_bytes: Bytes = 64 * MIB
    """Bytes of a batch's body."""
    max_buffered_bytes: Bytes = 512 * MIB
    """Bytes of all requests' bodies together; beyond that the answer is 503."""
    max_parts: Count = 1000
    """Pictures in one batch."""
    max_rows: Count = 1000
    """Rows in one JSON request; files go to the batch address."""
    max_raw_rows: Count = 100_000
    """Rows of all raw tables in one JSON request."""
    max_explained_rows: Count = 10
    """Rows in one JSON request whose predictions are explained."""
    sql_timeout_s: Seconds = 5.0
    """Seconds in which a version's SQL has to turn a request's raw tables into rows."""
    sql_memory_mb: Count = 512
    """MiB that a version's SQL may take, all requests together."""
    feature_cache: Path = Path(".trireme/features")
    """Folder for encoded feature tables, one gateway's repository a folder; what is there can be made again."""
    max_queued_rows: Count = 65_536
    """Rows of JSON requests that may wait for a call, per version; beyond that the answer is 503."""
    max_table_bytes: Bytes = 4096 * MIB
    """Bytes of a table's file. It is written to the disk, not kept in memory."""
    max_spooled_bytes: Bytes = 16_384 * MIB
    """Bytes of all tables' files on the disk together; beyond that the answer is 503."""
    max_table_rows: Count = 50_000_000
    """Rows of a table's file."""
    spool: Path | None = None
    """Folder for tables' files while they are in work; empty: the system's folder for temporary files."""
    table_threads: Count = 2
    """Threads that read, encode and write the rows of files."""
    table_timeout_s: Seconds = 600.0
    """Seconds in which a table's file has to arrive."""
    max_checked_ids: Count = 10_000_000
    """Rows of a file whose ids are compared when it is validated; 16 bytes each, and four times that at the end."""
    max_problems: Count = 100
    """Values that break a rule that an answer lists; all are counted."""
    max_pixels: Count = 50_000_000
    """Pixels of a picture, checked before decoding."""
    max_in_flight: Count = 1024
    """Predictions being read, computed or answered; beyond that the answer is 503."""
    max_batches: Count = 8
    """Batch requests in work; beyond that the answer is 503."""
    batch_window: Count = 64
    """Pictures of one batch request in work at a time."""
    body_timeout_s: Seconds = 30.0
    """Seconds in which a body has to arrive."""
    ready_cache_s: Seconds = 1.0
    """Seconds that the outcome of a readiness check is reused, so that many probes cause one inference a model."""
    ready_timeout_s: Seconds = 2.0
    """Seconds in which a served model has to answer a readiness check."""
    keep_alive_s: Count = 30
    """Seconds after which an idle connection is closed."""
    shutdown_timeout_s: Count = 15
    """Seconds for requests in flight when the gateway stops."""
    access_log: bool = True
    """Whether each request writes one line to the log `gateway.access`."""
    default_top_k: Count = 5
    """Labels in an answer where the caller doesn't say how many."""

    @field_validator("served", "decode_threads", "spool", "socket_fd", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gateway."""
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _off_is_for_loopback(self) -> Self:
        if self.auth == "off" and not self.is_loopback:
            raise ValueError(
                "GATEWAY_AUTH=off is for a loopback address: everybody who reaches the gateway is its admin"
            )
        return self
