"""Prints what the finished runs with tables came to, as a Markdown table: `python -m training.tables.results`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev

from contract.metrics import BinaryScores
from training.errors import RunUnfinished
from training.report.findings import Findings, Try
from training.results import line, started
from training.settings import TrainingSettings
from training.tables.run import TableRunRecord

COLUMNS = (
    "model", "estimator", "cross-validation", "test rows", "ROC-AUC", "KS", "Gini", "accuracy", "precision", "recall",
    "F1", "Brier", "threshold", "whole run, s", "machine",
)  # fmt: skip


def finished(runs_dir: Path) -> list[TableRunRecord]:
    """The records of all finished runs with tables, oldest first."""
    return [record for folder in sorted(runs_dir.glob("*")) if (record := _read(folder))]


def table(records: Sequence[TableRunRecord]) -> Iterator[str]:
    """The table's lines. Precision, recall and F1 are the positive label's where there is a decision, else macro."""
    yield line(COLUMNS)
    yield line(["---"] * len(COLUMNS))
    yield from (line(_cells(record)) for record in records)


def _read(folder: Path) -> TableRunRecord | None:
    try:
        return TableRunRecord.read(folder)
    except RunUnfinished:
        return None


def _cells(record: TableRunRecord) -> list[str]:
    scores, binary = record.evaluation, record.evaluation.binary
    seconds = (record.finished - started(record)).total_seconds()
    decided = binary.decided if binary else scores.macro
    return [
        record.model,
        record.findings.estimator,
        _cross_validation(record.findings),
        f"{scores.examples:,}",
        "" if scores.roc_auc is None else f"{scores.roc_auc:.4f}",
        *_ranking(binary),
        f"{scores.accuracy:.2%}",
        *(f"{value:.3f}" for value in (decided.precision, decided.recall, decided.f1)),
        *_probability(binary),
        f"{seconds:.0f}",
        record.lineage.machine,
    ]


def _ranking(binary: BinaryScores | None) -> tuple[str, str]:
    return (f"{binary.ks:.4f}", f"{binary.gini:.4f}") if binary else ("", "")


def _probability(binary: BinaryScores | None) -> tuple[str, str]:
    return (f"{binary.brier:.4f}", f"{binary.threshold:.4f}") if binary else ("", "")


def _cross_validation(findings: Findings) -> str:
    """The mean and deviation over all folds of the try that was taken."""
    scores = _taken(findings).scores
    repeats = len(scores) // findings.folds
    times = f"{repeats} × " if repeats > 1 else ""
    return f"{findings.metric} {mean(scores):.4f} ± {stdev(scores):.4f} ({times}{findings.folds} folds)"


def _taken(findings: Findings) -> Try:
    alike = (one for one in findings.tries if one.parameters.items() <= findings.parameters.items())
    return next(alike, findings.tries[0])


if __name__ == "__main__":
    print("\n".join(table(finished(TrainingSettings().runs_dir))))
