"""What trackers are told of runs and versions, taken from their records."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import JsonValue

from contract.card import FEATURES, Lineage, VersionCard
from contract.drift.reference import REFERENCE
from contract.explaining.explanation import EXPLANATION
from contract.metrics import Evaluation
from contract.repository import ANSWERS, CARD, GOLDEN, PLOTS, REPORT, REPORT_RECORD
from training.history import Epoch
from training.plan import PLAN
from training.runs import RECORD, FinishedRun
from training.tracking.notes import Metrics, Outcome, Point, Report, Run, Tags, Version

DATA = frozenset({FEATURES, GOLDEN, ANSWERS, EXPLANATION, REFERENCE})
"""Files of a version that hold examples or are made of them: they stay where they are."""
KEPT = (REPORT, REPORT_RECORD, RECORD, PLAN, "recipe.yaml")


def run_of(model: str, lineage: Lineage) -> Run:
    """A run that is known by its lineage."""
    return Run(id=lineage.run, model=model, parameters=lineage.parameters, tags=tags(lineage))


def point_of(epoch: Epoch) -> Point:
    """An epoch that is over."""
    figures = {name: float(value) for name, value in vars(epoch).items() if name != "epoch"}
    return Point(number=epoch.epoch, metrics=figures)


def outcome_of(record: FinishedRun, folder: Path) -> Outcome:
    """A finished run in its folder."""
    return Outcome(
        parameters=record.lineage.parameters,
        tags=tags(record.lineage),
        metrics=metrics(record.evaluation),
        folder=folder.absolute(),
        files=tuple(_kept(folder)),
    )


def report_of(record: FinishedRun, folder: Path) -> Report:
    """A finished run whose report lies in its folder now."""
    return Report(
        run=run_of(record.model, record.lineage),
        metrics=metrics(record.evaluation),
        folder=folder.absolute(),
        files=tuple(_kept(folder)),
    )


def version_of(card: VersionCard, folder: Path) -> Version:
    """A published version in its folder."""
    return Version(
        run=run_of(card.model, card.lineage),
        version=card.version,
        first=card.version == 1,
        metrics=metrics(card.metrics),
        folder=folder.absolute(),
        files=files_of(card),
    )


def files_of(card: VersionCard) -> tuple[str, ...]:
    """What trackers keep of a version."""
    return (CARD, *sorted(card.files.keys() - DATA))


def tags(lineage: Lineage) -> Tags:
    """The lineage, as far as it isn't parameters."""
    known = {"source": lineage.source, "code": lineage.code, "machine": lineage.machine, "parent": lineage.parent}
    known |= {"job": lineage.job, "batches": ",".join(lineage.batches)}
    known |= {f"data.{split}": digest for split, digest in lineage.data.items()}
    known |= {f"library.{name}": number for name, number in lineage.libraries.items()}
    return {f"trireme.{name}": value for name, value in known.items() if value}


def metrics(evaluation: Evaluation) -> Metrics:
    """An evaluation's figures; of single labels, the report has them."""
    content = evaluation.model_dump(mode="json", include={"accuracy", "roc_auc", "examples", "macro", "weighted"})
    content |= evaluation.binary.model_dump(mode="json", exclude={"positive"}) if evaluation.binary else {}
    return dict(_numbers(content, f"{evaluation.split}_"))


def _numbers(content: dict[str, JsonValue], prefix: str) -> Iterator[tuple[str, float]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{prefix}{name}_")
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", float(value)


def _kept(folder: Path) -> Iterable[str]:
    yield from (name for name in KEPT if (folder / name).is_file())
    yield from (f"{PLOTS}/{path.name}" for path in sorted((folder / PLOTS).glob("*.png")))
