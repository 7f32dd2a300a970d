"""The tables of rollouts."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text

from gateway.database.schema import METADATA, Json, Moment

TRAFFIC = Table(
    "traffic",
    METADATA,
    Column("model", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    # A list of `gateway.rollout.traffic.VersionTraffic`.
    Column("versions", Json, nullable=False),
    Column("previous", Integer),
    Column("changed", Moment, nullable=False),
)

MODEL_EVENTS = Table(
    "model_events",
    METADATA,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("model", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    # Of each version that has one, after it.
    Column("weights", Json, nullable=False),
    Column("time", Moment, nullable=False),
    # A principal's id, or a rule's name.
    Column("principal", Text, nullable=False),
    Column("numbers", Json, nullable=False),
    Column("note", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_model_events_model_number", "model", "number"),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    # Rises with each holder.
    Column("token", BigInteger, nullable=False),
    # Seconds since 1970, by the database's clock.
    Column("until", Double, nullable=False),
)
