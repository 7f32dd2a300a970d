"""Reading predictions of the log."""

from contract.drift.sampling import Sample, sampling
from contract.moments import Span
from contract.names import ModelVersion
from gateway.database.engine import Database


async def sample(database: Database, name: ModelVersion, span: Span, at_most: int) -> Sample:
    """Predictions of a version in a time, as `sampling` says; raises `DatabaseUnavailable`."""
    steps = sampling(name, span, at_most)
    async with database.transaction() as connection:
        statement = next(steps)
        while True:
            rows = (await connection.execute(statement)).all()
            try:
                statement = steps.send(rows)
            except StopIteration as end:
                found: Sample = end.value
                return found
