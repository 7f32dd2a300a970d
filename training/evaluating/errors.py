"""Errors of evaluations.

EvaluationError
├── NothingToEvaluate       422  nothing-to-evaluate
├── UploadUnfit             422  upload-unfit
└── NoTestSet               409  no-test-set
"""

from training.errors import TrainingError


class EvaluationError(TrainingError):
    """A version could not be evaluated."""

    code = "evaluation-failed"
    title = "The evaluation failed"


class NothingToEvaluate(EvaluationError):
    """There is no example to evaluate on."""

    status = 422
    code = "nothing-to-evaluate"
    title = "There is nothing to evaluate on"


class UploadUnfit(EvaluationError):
    """Uploaded examples don't fit the version: others' labels, other columns, or pictures where it takes rows."""

    status = 422
    code = "upload-unfit"
    title = "The uploaded examples don't fit the version"


class NoTestSet(EvaluationError):
    """The test set that the version's figures were measured on can't be had any more, or has changed."""

    status = 409
    code = "no-test-set"
    title = "The version's test set can't be had"
