"""The report of a finished table run, from what lies in its folder."""

from functools import partial
from pathlib import Path

from rich.console import Console

from contract.repository import ANSWERS, REPORT
from training.console import tell
from training.report.answers import Answers
from training.report.comparison.verdict import Verdict
from training.report.files import write_report
from training.report.material import Material
from training.report.report import Report
from training.tables.run import TableRunRecord


def report_run(folder: Path, record: TableRunRecord, console: Console, verdict: Verdict | None = None) -> None:
    """Write a run's report beside its answers; `verdict` is of a retrain's champion and challenger."""
    tell(console, "Making the report.")
    material = Material(
        record.model,
        record.evaluation,
        record.lineage,
        answers=Answers.read(folder / ANSWERS),
        findings=record.findings,
        verdict=verdict,
    )
    write_report(Report(material, partial(tell, console)), folder)
    tell(console, f"The report is {folder / REPORT}.")
