"""The prediction log, and what callers said about predictions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

Json = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "predictions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("probability", sa.Double()),
        sa.Column("probabilities", Json),
        sa.Column("decision", sa.Text()),
        sa.Column("band", sa.Text()),
        sa.Column("row_id", sa.Text()),
        sa.Column("input_digest", sa.Text()),
        sa.Column("features", Json),
        sa.Column("summary", Json),
        sa.Column("latency_ms", sa.Double(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_predictions_model_version_id", "predictions", ["model", "version", "id"])
    if op.get_bind().dialect.name == "postgresql":
        # For days that have no partition of their own.
        op.execute("CREATE TABLE predictions_default PARTITION OF predictions DEFAULT")
    op.create_table(
        "feedback",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
    )
    op.create_index("ix_feedback_prediction_id_number", "feedback", ["prediction_id", "number"])
