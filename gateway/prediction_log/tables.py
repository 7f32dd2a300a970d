"""The tables of predictions, and of what callers said about them afterwards."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, Uuid

from gateway.database.schema import METADATA, Json, Moment

PREDICTIONS = Table(
    "predictions",
    METADATA,
    # Sorts by time: of version 7. In PostgreSQL the table is partitioned by it, a day a partition.
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("time", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("label", Text),
    Column("probability", Double),
    Column("probabilities", Json),
    Column("decision", Text),
    Column("band", Text),
    Column("row_id", Text),
    Column("input_digest", Text),
    Column("features", Json),
    Column("summary", Json),
    Column("latency_ms", Double, nullable=False),
    Column("principal", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Index("ix_predictions_model_version_id", "model", "version", "id"),
    postgresql_partition_by="RANGE (id)",
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    # Counts up: the highest of a prediction is what counts.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    # No foreign key: it would keep PostgreSQL from dropping a partition.
    Column("prediction_id", Uuid(as_uuid=False), nullable=False),
    Column("label", Text, nullable=False),
    Column("time", Moment, nullable=False),
    Column("principal", Text, nullable=False),
    Index("ix_feedback_prediction_id_number", "prediction_id", "number"),
)
