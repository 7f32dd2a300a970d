"""Prints what the finished runs came to, as a Markdown table: `python -m training.results [--mirrored]`."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from statistics import mean, stdev

from rich.console import Console

from training.errors import RunUnfinished
from training.plan import RunPlan
from training.runs import SAVED_MODEL, FinishedRun, RunRecord
from training.settings import TrainingSettings

COLUMNS = (
    "model", "network", "profile", "seed", "test accuracy", "mirrored too", "macro F1", "epochs", "s/epoch",
    "whole run, s", "arithmetic", "machine",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """A finished run, and its accuracy with mirrored pictures averaged, where that was asked for."""

    record: RunRecord
    mirrored: float | None = None

    @property
    def kind(self) -> tuple[str, ...]:
        """What runs must share to be compared by their seeds alone."""
        parameters = self.record.lineage.parameters
        names = ("architecture", "profile", "epochs", "precision", "mirrored")
        return (self.record.model, *(str(parameters.get(name)) for name in names))


def finished(runs_dir: Path) -> list[RunRecord]:
    """The records of all finished runs, oldest first."""
    return [record for folder in sorted(runs_dir.glob("*")) if (record := _read(folder))]


def table(results: Sequence[Result]) -> Iterator[str]:
    """The table's lines; a line of mean and standard deviation follows runs that differ in their seeds alone."""
    yield line(COLUMNS)
    yield line(["---"] * len(COLUMNS))
    for _, group in groupby(sorted(results, key=lambda result: result.kind), key=lambda result: result.kind):
        alike = list(group)
        yield from (line(_cells(result)) for result in alike)
        if len(alike) > 1:
            yield line(_summary(alike))


def mirrored_accuracy(folder: Path, settings: TrainingSettings) -> float:
    """Test accuracy of a run with the answers to a picture and its mirror image averaged, as `--mirrored` exports."""
    from training.data.catalog import Catalog  # noqa: PLC0415  TensorFlow is for this option alone
    from training.mirroring import average  # noqa: PLC0415
    from training.saved_model import SavedModel  # noqa: PLC0415

    plan = RunPlan.read(folder)
    test = Catalog(settings, Console(stderr=True)).load(plan.source, size=plan.input.height).test
    model = SavedModel(folder / SAVED_MODEL, plan.input.tensor)
    answers = average(model.probabilities(test.images), model.probabilities(test.images[:, :, ::-1]))
    return float((answers.argmax(axis=1) == test.labels).mean())


def _read(folder: Path) -> RunRecord | None:
    try:
        return RunRecord.read(folder)
    except RunUnfinished:
        return None


def _cells(result: Result) -> list[str]:
    record, scores = result.record, result.record.evaluation
    parameters, seconds = record.lineage.parameters, _seconds(record)
    return [
        record.model,
        *(str(parameters[name]) for name in ("architecture", "profile", "seed")),
        f"{scores.accuracy:.2%}",
        "" if result.mirrored is None else f"{result.mirrored:.2%}",
        f"{scores.macro.f1:.3f}",
        str(len(seconds)),
        f"{mean(seconds):.0f}",
        f"{(record.finished - started(record)).total_seconds():.0f}",
        str(parameters["precision"]),
        record.lineage.machine,
    ]


def _summary(alike: Sequence[Result]) -> list[str]:
    record, mirrored = alike[0].record, [result.mirrored for result in alike if result.mirrored is not None]
    accuracies = [result.record.evaluation.accuracy for result in alike]
    spread = [_spread(accuracies), _spread(mirrored) if len(mirrored) > 1 else ""]
    f1 = f"{mean(result.record.evaluation.macro.f1 for result in alike):.3f}"
    named = [record.model, *(str(record.lineage.parameters[name]) for name in ("architecture", "profile"))]
    cells = [*named, f"mean of {len(alike)}", *spread, f1]
    return cells + [""] * (len(COLUMNS) - len(cells))


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.2%} ± {100 * stdev(values):.2f}"


def _seconds(record: RunRecord) -> list[float]:
    return [float(str(epoch["seconds"])) for epoch in record.history]


def started(record: FinishedRun) -> datetime:
    """When a run began, by its id."""
    return datetime.strptime(record.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def line(cells: Sequence[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def main(arguments: Sequence[str]) -> None:
    """Print the table of the runs that the settings name."""
    settings = TrainingSettings()
    ask = "--mirrored" in arguments
    results = [
        Result(record, mirrored_accuracy(settings.runs_dir / record.id, settings) if ask else None)
        for record in finished(settings.runs_dir)
    ]
    print("\n".join(table(results)))


if __name__ == "__main__":
    main(sys.argv[1:])
