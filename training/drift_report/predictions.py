"""Reading a sample of the prediction log in a job."""

from dataclasses import replace
from itertools import compress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from contract.drift.sampling import Sample, sampling
from contract.moments import Span
from contract.names import ModelVersion
from training.drift_report.errors import PredictionsTooFew
from training.retrain.errors import JobStoreAway

LEAST = 30
"""Predictions below which there is nothing to compare."""


def read_sample(engine: Engine, name: ModelVersion, span: Span, at_most: int) -> Sample:
    """Predictions of a version in a time; raises `PredictionsTooFew`, or `JobStoreAway`."""
    steps = sampling(name, span, at_most)
    try:
        with engine.begin() as connection:
            statement = next(steps)
            while True:
                rows = connection.execute(statement).all()
                try:
                    statement = steps.send(rows)
                except StopIteration as end:
                    return _enough(end.value, name)
    except SQLAlchemyError:
        raise JobStoreAway("The database with the prediction log doesn't answer.") from None


def with_values(sample: Sample) -> Sample:
    """Only those predictions whose values are known, where they are enough; else all of them."""
    known = [features is not None for features in sample.features]
    if not LEAST <= sum(known) < len(known):
        return sample
    columns = ("labels", "probabilities", "features")
    return replace(sample, is_sample=True, **{name: list(compress(getattr(sample, name), known)) for name in columns})


def _enough(sample: Sample, name: ModelVersion) -> Sample:
    count = len(sample.labels)
    if count < LEAST:
        raise PredictionsTooFew(
            f"The log has {count} predictions of version {name.version} of model {name.model!r} in that time; a report "
            f"needs {LEAST}."
        )
    return sample
