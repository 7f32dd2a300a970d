"""Prints what the finished runs came to, as a Markdown table: `python -m training.results`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from training.errors import RunUnfinished
from training.runs import RunRecord
from training.settings import TrainingSettings

HEADER = "| architecture | profile | seed | test accuracy | macro F1 | s/epoch | whole run, s | arithmetic | machine |"


def rows(runs_dir: Path) -> Iterator[str]:
    """The table's lines, oldest run first."""
    yield HEADER
    yield "|" + " --- |" * HEADER.count(" |")
    for folder in sorted(runs_dir.glob("*")):
        try:
            yield _row(RunRecord.read(folder))
        except RunUnfinished:
            continue


def _row(record: RunRecord) -> str:
    parameters, scores = record.lineage.parameters, record.evaluation
    started = datetime.strptime(record.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    seconds = [float(str(epoch["seconds"])) for epoch in record.history]
    cells = [
        *(str(parameters[key]) for key in ("architecture", "profile", "seed")),
        f"{scores.accuracy:.2%}",
        f"{scores.macro.f1:.3f}",
        f"{sum(seconds) / len(seconds):.0f}",
        f"{(record.finished - started).total_seconds():.0f}",
        str(parameters["precision"]),
        record.lineage.machine,
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("\n".join(rows(TrainingSettings().runs_dir)))
