"""Publishing a training run as the next version of its model."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contract.card import Engine, Gate, VersionCard
from contract.digests import folder_digests
from contract.golden import GoldenPictures
from contract.names import ModelVersion
from contract.repository import CARD, CONFIG, GOLDEN, LABELS, ONNX_MODEL, SAVED_MODEL, ModelRepository
from modelserver.config import check_config
from training import runs
from training.publish.candidate import Build, Candidate
from training.publish.config import image_config
from training.publish.gate import conversion_gate
from training.publish.graph import IR_VERSION, OPSET, convert
from training.publish.staging import copy_tree, reveal, staging_area
from training.report.files import complete_report, copy_report
from training.report.material import Material
from training.report.sources import of_run

MAX_BATCH_SIZE = 32
ENGINE = Engine(
    backend="onnxruntime", artefact=ONNX_MODEL, opset=OPSET, ir_version=IR_VERSION, max_batch_size=MAX_BATCH_SIZE
)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Publication:
    """What a publish did: the card, and where the version lies (None after a dry run)."""

    card: VersionCard
    folder: Path | None


def publish(run: Path, repository: Path, *, dry_run: bool = False, tell: Tell = lambda _: None) -> Publication:
    """Publish the run in folder `run` as the next version of its model.

    Nothing is visible before every gate has passed; a publish that fails or is killed leaves the repository as it was.
    A dry run does everything but the last step. `tell` is called with one line a step.

    Raises `RunUnfinished`, the errors of `training.publish.errors`, and those of a model server that doesn't start.
    """
    record = runs.RunRecord.read(run)
    tell(f"Converting run {record.id} to ONNX.")
    return publish_candidate(record, partial(_build, run, record), repository, dry_run=dry_run, tell=tell)


def publish_candidate(
    candidate: Candidate, build: Build, repository: Path, *, dry_run: bool = False, tell: Tell = lambda _: None
) -> Publication:
    """Publish a model, wherever it was trained, as the next version of its name; promises and raises as `publish`."""
    with staging_area(repository) as area:
        name = _next_version(repository, candidate.model)
        staged = area / name.triton_name
        _assemble(staged, name, candidate, build)
        tell(f"Proving {name} on a real Triton.")
        card = _card(name, candidate, folder_digests(staged), _prove(area, name, candidate))
        (staged / CARD).write_text(card.model_dump_json(indent=2) + "\n")
        return Publication(card, None if dry_run else reveal(staged, repository, name))


def _next_version(repository: Path, model: str) -> ModelVersion:
    return ModelVersion(model, max(ModelRepository(repository).versions(model), default=0) + 1)


def _assemble(staged: Path, name: ModelVersion, candidate: Candidate, build: Build) -> None:
    build(staged)
    complete_report(staged, Material(candidate.model, candidate.evaluation, candidate.lineage))
    (staged / LABELS).write_text("".join(f"{label}\n" for label in candidate.output.labels))
    (staged / CONFIG).write_text(image_config(name, candidate.input, candidate.output, ENGINE))
    check_config(staged)


def _build(run: Path, record: runs.RunRecord, staged: Path) -> None:
    copy_tree(run / runs.SAVED_MODEL, staged / SAVED_MODEL)
    shutil.copyfile(run / runs.GOLDEN, staged / GOLDEN)
    copy_report(run, staged)
    complete_report(staged, of_run(record))
    convert(staged / SAVED_MODEL, staged / ONNX_MODEL, schema=record.input, output=record.output)


def _prove(area: Path, name: ModelVersion, candidate: Candidate) -> Gate:
    golden = GoldenPictures.read(area / name.triton_name / GOLDEN)
    return conversion_gate(
        area, name, schema=candidate.input, output=candidate.output, golden=golden, batch=ENGINE.max_batch_size
    )


def _card(name: ModelVersion, candidate: Candidate, files: dict[str, str], gate: Gate) -> VersionCard:
    return VersionCard(
        model=name.model,
        version=name.version,
        created=datetime.now(UTC),
        task="image-classification",
        input=candidate.input,
        output=candidate.output,
        engine=ENGINE,
        metrics=candidate.evaluation,
        gates=(gate,),
        lineage=candidate.lineage,
        files=files,
    )
