"""`report.json`: what a report says, for programs, and what it takes to make it again."""

from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, JsonValue, ValidationError

from contract.base import Document
from contract.repository import REPORT_RECORD
from training.report.findings import Findings


class Statement(Document):
    """One section's sentence."""

    name: str
    title: str
    sentence: str


class ReportRecord(Document):
    """A report without its plots."""

    made: AwareDatetime
    run: str
    statements: tuple[Statement, ...]
    history: tuple[dict[str, JsonValue], ...]
    """The training run's, which the version card doesn't have."""
    findings: Findings | None = None
    """Of a table's run, which the version card doesn't have either."""

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The record in a version's or a run's folder; None where there is none that can be read."""
        try:
            return cls.model_validate_json((folder / REPORT_RECORD).read_bytes())
        except (OSError, ValidationError):
            return None
