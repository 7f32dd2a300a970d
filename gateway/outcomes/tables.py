"""The table of what became of inputs."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from gateway.database.schema import METADATA, Moment

VERSION_OUTCOMES = Table(
    "version_outcomes",
    METADATA,
    Column("model", Text, primary_key=True),
    # SQLite would count up a lone integer of a key by itself.
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("minute", Moment, primary_key=True),
    # A process's, for as long as it lives.
    Column("gateway", Text, primary_key=True),
    Column("answers", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
)
"""`answers` has the failed ones in it."""
