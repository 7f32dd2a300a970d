"""Publishing a model, mostly a training run, as the next version of its name."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contract.card import Gate, VersionCard
from contract.digests import folder_digests
from contract.drift.reference import REFERENCE
from contract.errors import CardInvalid
from contract.golden import GoldenExamples
from contract.names import ModelVersion, parse_triton_name
from contract.repository import CARD, GOLDEN, LABELS, ONNX_MODEL, SAVED_MODEL, ModelRepository
from contract.target import Target
from modelserver.config import check_config
from training import runs
from training.engines.record import TuningStore
from training.errors import PublishWithdrawn
from training.publish.candidate import NO_FACTS, Build, Candidate, TableFacts
from training.publish.evidence import Evidence, RunData
from training.publish.gate import Golden, conversion_gate
from training.publish.graph import convert
from training.publish.serving import Serving, Tell, choose_engine, plain_engine
from training.publish.staging import copy_tree, reveal, staging_area
from training.report.files import complete_report, copy_report
from training.report.material import Material
from training.report.sources import of_run

MayReveal = Callable[[], bool]


@dataclass(frozen=True)
class Publication:
    """What a publish did: the card, and where the version lies (None after a dry run)."""

    card: VersionCard
    folder: Path | None


def publish(
    run: Path,
    repository: Path,
    *,
    dry_run: bool = False,
    tell: Tell = lambda _: None,
    data: RunData | None = None,
    tunings: TuningStore | None = None,
    target: Target | None = None,
    may_reveal: MayReveal = lambda: True,
) -> Publication:
    """Publish the run in folder `run` as the next version of its model.

    Nothing is visible before every gate has passed; a publish that fails or is killed leaves the repository as it was.
    A dry run does everything but the last step. `tell` is called with one line a step. The engine is what `tunings`
    hold for the model on a machine like this one (`target`), else float32 ONNX Runtime; `data` has the pictures that
    calibrate and prove it.

    Raises `RunUnfinished`, the errors of `training.publish.errors`, those of a model server that doesn't start, and
    where an engine was tuned, what `RunData.load` and `quantise` raise.
    """
    record = runs.RunRecord.read(run)
    engine = choose_engine(record.model, tunings, target, tell)
    evidence = Evidence.of_run(run, data, needed=engine.tuned_for is not None)
    tell(f"Converting run {record.id} to ONNX.")
    build = partial(_build, run, record)
    serving = Serving(engine, evidence)
    return publish_candidate(
        record, build, repository, dry_run=dry_run, tell=tell, serving=serving, may_reveal=may_reveal
    )


def publish_candidate(
    candidate: Candidate,
    build: Build,
    repository: Path,
    *,
    dry_run: bool = False,
    tell: Tell = lambda _: None,
    serving: Serving | None = None,
    facts: TableFacts = NO_FACTS,
    may_reveal: MayReveal = lambda: True,
) -> Publication:
    """Publish a model, wherever it was trained, as the next version of its name; promises and raises as `publish`.

    What a retrain job made is published once: where the repository has a version of that job, it is that one.
    `may_reveal` is asked when nothing is left but to make the version visible; where it says no, `PublishWithdrawn` is
    raised.
    """
    serving = serving or Serving(plain_engine(), Evidence())
    with staging_area(repository) as area:
        if published := version_of_job(ModelRepository(repository), candidate.model, candidate.lineage.job):
            return Publication(published, repository / published.name.triton_name)
        name = _next_version(repository, candidate.model)
        staged = area / name.triton_name
        _assemble(staged, name, candidate, build, serving)
        tell(f"Proving {name} on a real Triton.")
        gates = _prove(area, name, candidate, serving, facts)
        card = _card(name, candidate, serving, facts, files=folder_digests(staged), gates=gates)
        (staged / CARD).write_text(card.model_dump_json(indent=2) + "\n")
        if dry_run:
            return Publication(card, None)
        if not may_reveal():
            raise PublishWithdrawn
        return Publication(card, reveal(staged, repository, name))


def version_of_job(repository: ModelRepository, model: str, job: str | None) -> VersionCard | None:
    """The card of the model's version that a retrain job published; None where there is none."""
    if job is None:
        return None
    return next((card for card in readable_cards(repository, model) if card.lineage.job == job), None)


def readable_cards(repository: ModelRepository, model: str) -> Iterator[VersionCard]:
    """The cards of a model's versions, newest first, but for damaged ones."""
    for version in repository.versions(model)[::-1]:
        with contextlib.suppress(CardInvalid):
            yield repository.card(ModelVersion(model, version))


def _next_version(repository: Path, model: str) -> ModelVersion:
    """Above every folder of the model: one without a card may be on its way."""
    names = (parse_triton_name(path.name) for path in repository.iterdir())
    return ModelVersion(model, max((name.version for name in names if name and name.model == model), default=0) + 1)


def _assemble(staged: Path, name: ModelVersion, candidate: Candidate, build: Build, serving: Serving) -> None:
    build(staged)
    complete_report(staged, Material(candidate.model, candidate.evaluation, candidate.lineage))
    (staged / LABELS).write_text("".join(f"{label}\n" for label in candidate.output.labels))
    serving.write(staged, name, candidate)
    check_config(staged)


def _build(run: Path, record: runs.RunRecord, staged: Path) -> None:
    copy_tree(run / runs.SAVED_MODEL, staged / SAVED_MODEL)
    shutil.copyfile(run / runs.GOLDEN, staged / GOLDEN)
    if record.reference is not None:
        shutil.copyfile(run / REFERENCE, staged / REFERENCE)
    copy_report(run, staged)
    complete_report(staged, of_run(record))
    if (run / runs.CONVERTED).is_file():
        shutil.copyfile(run / runs.CONVERTED, staged / ONNX_MODEL)
    else:
        convert(staged / SAVED_MODEL, staged / ONNX_MODEL, schema=record.input, output=record.output)


def _prove(
    area: Path, name: ModelVersion, candidate: Candidate, serving: Serving, facts: TableFacts
) -> tuple[Gate, ...]:
    examples = GoldenExamples.read(area / name.triton_name / GOLDEN)
    golden = Golden(examples, candidate.input, candidate.output, facts.decision)
    conversion = conversion_gate(area, name, golden, batch=serving.engine.max_batch_size)
    return (conversion, *serving.prove(area, name, candidate, facts))


def _card(
    name: ModelVersion,
    candidate: Candidate,
    serving: Serving,
    facts: TableFacts,
    *,
    files: dict[str, str],
    gates: tuple[Gate, ...],
) -> VersionCard:
    return VersionCard(
        model=name.model,
        version=name.version,
        created=datetime.now(UTC),
        task="image-classification" if candidate.input.kind == "image" else "table-classification",
        input=candidate.input,
        output=candidate.output,
        engine=serving.engine,
        fallback=serving.fallback,
        metrics=candidate.evaluation,
        decision=facts.decision,
        feature_table=facts.feature_table,
        target=facts.target,
        explanation=facts.explanation,
        reference=candidate.reference,
        gates=gates,
        omitted=serving.omitted,
        lineage=candidate.lineage,
        files=files,
    )
