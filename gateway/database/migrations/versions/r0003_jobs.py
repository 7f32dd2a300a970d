"""Jobs, and what happened in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

Json = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("champion", sa.Integer()),
        sa.Column("progress", Json),
        sa.Column("result", Json),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True)),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("time_limit_s", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Integer()),
        sa.Column("heartbeat", sa.DateTime(timezone=True)),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("model", "kind", "lane", name="uq_jobs_lane"),
        sa.UniqueConstraint("model", "kind", "idempotency_key", name="uq_jobs_idempotency_key"),
    )
    op.create_index("ix_jobs_model_kind_id", "jobs", ["model", "kind", "id"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "job_events",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", Json, nullable=False),
    )
    op.create_index("ix_job_events_job_id_number", "job_events", ["job_id", "number"])
