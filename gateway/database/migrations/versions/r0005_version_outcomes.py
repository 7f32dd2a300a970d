"""What became of the inputs that versions were asked for, minute by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "version_outcomes",
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("minute", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("gateway", sa.Text(), primary_key=True),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
    )
