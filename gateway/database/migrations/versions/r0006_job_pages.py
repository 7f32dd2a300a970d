"""Pages that jobs make: drift reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "job_pages",
        sa.Column("job_id", sa.Uuid(), primary_key=True),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("scripts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    )
