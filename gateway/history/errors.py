"""Errors of the history.

TriremeError
├── PredictionUnknown        404  prediction-unknown
├── FeedbackInvalid          422  feedback-invalid
├── FeedbackFull             409  feedback-full
├── ExportFailed             500  export-failed
└── RetryLater
    └── PredictionPending    503  prediction-pending
"""

from contract.errors import TriremeError
from gateway.errors import RetryLater


class PredictionUnknown(TriremeError):
    """The log holds no prediction of this id: there was none, or it was deleted when its time was over."""

    status = 404
    code = "prediction-unknown"
    title = "The log holds no such prediction"


class FeedbackInvalid(TriremeError):
    """The label is none of the version's, or the entry stands for a whole file."""

    status = 422
    code = "feedback-invalid"
    title = "This can't be said about the prediction"


class FeedbackFull(TriremeError):
    """Too much was said about this prediction already."""

    status = 409
    code = "feedback-full"
    title = "Too much was said about this prediction already"


class ExportFailed(TriremeError):
    """The file of an export can't be written."""

    code = "export-failed"
    title = "The export can't be written"


class PredictionPending(RetryLater):
    """The prediction is so young, or the database was away for so long, that the entry may still be on its way."""

    code = "prediction-pending"
    title = "The prediction may not have reached the database yet"
