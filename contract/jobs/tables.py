"""The tables by which gateways and jobs speak with each other; the gateway's migrations make them.

A gateway claims a queued job by one conditional update: it sets `lane` to a number below how many jobs of the kind the
model may run at once, so that the unique constraint lets one claim win. Each claim raises `attempt`, and a job's own
updates name the attempt that it was launched as, so that one that was given up and wakes again changes nothing.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()
_Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_Moment = DateTime(timezone=True)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("model", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("reason_code", Text),
    Column("parameters", _Json, nullable=False),
    # Filled when the job is claimed: the version that is stable then.
    Column("champion", Integer),
    Column("progress", _Json),
    Column("result", _Json),
    # `request`, `schedule`, `data` or `drift`.
    Column("trigger", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("created", _Moment, nullable=False),
    Column("started", _Moment),
    Column("ended", _Moment),
    Column("time_limit_s", Integer, nullable=False),
    # The gateway that launched it, where it is a child process.
    Column("holder", Text),
    Column("attempt", Integer, nullable=False),
    Column("lane", Integer),
    # The job's last sign of life.
    Column("heartbeat", _Moment),
    Column("cancel_asked", Boolean, nullable=False),
    UniqueConstraint("model", "kind", "lane", name="uq_jobs_lane"),
    UniqueConstraint("model", "kind", "idempotency_key", name="uq_jobs_idempotency_key"),
    Index("ix_jobs_model_kind_id", "model", "kind", "id"),
    Index("ix_jobs_state", "state"),
)

JOB_EVENTS = Table(
    "job_events",
    METADATA,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("job_id", Uuid(as_uuid=False), nullable=False),
    Column("time", _Moment, nullable=False),
    # `state`, `progress` or `log`.
    Column("kind", Text, nullable=False),
    Column("data", _Json, nullable=False),
    Index("ix_job_events_job_id_number", "job_id", "number"),
)

JOB_PAGES = Table(
    "job_pages",
    METADATA,
    Column("job_id", Uuid(as_uuid=False), primary_key=True),
    # Compressed by gzip.
    Column("html", LargeBinary, nullable=False),
    # What a Content-Security-Policy calls the page's own scripts.
    Column("scripts", _Json, nullable=False),
)
