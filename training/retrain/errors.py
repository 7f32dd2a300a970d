"""Errors of the job.

RetrainError                500  retrain-failed
├── BaseUnknown             422  base-unknown
├── LabelsDiffer            422  labels-differ
├── ExamplesUnreachable     503  examples-unreachable
├── ExamplesMissing         404  examples-missing
├── ExamplesDamaged         502  examples-damaged
├── JobUnsupported          422  job-unsupported
├── JobBusy                 409  job-busy
└── JobStoreAway            503  job-store-away
"""

from training.errors import TrainingError


class RetrainError(TrainingError):
    """A job can't do what it was asked."""

    code = "retrain-failed"
    title = "Retraining failed"


class BaseUnknown(RetrainError):
    """It isn't known what the model was trained on, or it isn't at hand any more."""

    status = 422
    code = "base-unknown"
    title = "The base data of the model aren't known"


class LabelsDiffer(RetrainError):
    """The base data have other labels than the version that serves."""

    status = 422
    code = "labels-differ"
    title = "The base data have other labels than the model"


class ExamplesUnreachable(RetrainError):
    """The store of uploaded examples doesn't answer, or its bucket is gone."""

    status = 503
    code = "examples-unreachable"
    title = "The store of uploaded examples can't be reached"


class ExamplesMissing(RetrainError):
    """A batch of uploaded examples, or one of its objects, is not in the store."""

    status = 404
    code = "examples-missing"
    title = "Uploaded examples are missing"


class ExamplesDamaged(RetrainError):
    """A batch or an object of uploaded examples is not what was uploaded."""

    status = 502
    code = "examples-damaged"
    title = "Uploaded examples are damaged"


class JobUnsupported(RetrainError):
    """A job of this kind can't be done for this model."""

    status = 422
    code = "job-unsupported"
    title = "The job can't be done for this model"


class JobBusy(RetrainError):
    """An earlier attempt of the job is still at work."""

    status = 409
    code = "job-busy"
    title = "An earlier attempt of the job is still at work"


class JobStoreAway(RetrainError):
    """The database with the jobs doesn't answer, or isn't one."""

    status = 503
    code = "job-store-away"
    title = "The database of jobs can't be reached"
