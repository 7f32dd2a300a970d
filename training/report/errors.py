"""Errors of reports and comparisons.

ReportError                     500  report-failed
├── ReportMissing               404  report-missing
├── AnswersInvalid              500  answers-invalid
└── ComparisonInvalid           422  comparison-invalid
"""

from training.errors import TrainingError


class ReportError(TrainingError):
    """A report can't be made or found."""

    code = "report-failed"
    title = "The report failed"


class ReportMissing(ReportError):
    """The version was published before versions carried a report."""

    status = 404
    code = "report-missing"
    title = "The version has no report"


class AnswersInvalid(ReportError):
    """The stored table of test answers is damaged."""

    code = "answers-invalid"
    title = "The table of test answers is damaged"


class ComparisonInvalid(ReportError):
    """Two versions can't be compared: they are one, or have no label in common."""

    status = 422
    code = "comparison-invalid"
    title = "The versions can't be compared"
