"""What all tables share; each part of the gateway declares its own in its `tables.py`."""

from sqlalchemy import JSON, DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table; migrations, not `create_all`, make them."""

Json = JSON().with_variant(JSONB(), "postgresql")
Moment = DateTime(timezone=True)
"""In UTC; SQLite gives it back without its zone."""
