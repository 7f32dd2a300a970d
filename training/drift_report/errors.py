"""Errors of drift reports.

RetrainError
└── PredictionsTooFew  422  predictions-too-few
"""

from training.retrain.errors import RetrainError


class PredictionsTooFew(RetrainError):
    """The log has too few predictions of the version in that time to say anything."""

    status = 422
    code = "predictions-too-few"
    title = "There are too few predictions for a report"
