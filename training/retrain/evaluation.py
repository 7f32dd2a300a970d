"""The work of an evaluate job: one version, over the served path, on its own test set or on uploaded examples."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.card import VersionCard
from contract.examples.batch import Batch
from contract.inputs import ImageInput
from contract.jobs.documents import EvaluateParameters, EvaluationResult, Progress
from contract.names import ModelVersion
from training.engines.served import Examples
from training.evaluating.asking import in_blocks
from training.evaluating.errors import NothingToEvaluate
from training.evaluating.measuring import Measured, measure
from training.evaluating.pictures import uploaded_pictures
from training.retrain.errors import JobUnsupported
from training.retrain.held_out import held_out
from training.retrain.work import Assignment, Office, Outcome, Reporter
from training.tables.retraining.uploads import uploaded_examples, uploaded_rows


@dataclass(frozen=True)
class Chosen:
    """What to evaluate on, in blocks that are made when they are asked for."""

    blocks: Iterable[Examples]
    total: int
    batches: tuple[str, ...] | None = None
    """The uploaded batches; None for the version's own test set."""

    @property
    def name(self) -> str:
        """`test` or `batches`."""
        return "test" if self.batches is None else "batches"


def evaluate(assignment: Assignment, office: Office) -> Outcome:
    """Evaluate a version; nothing is changed anywhere.

    Raises the errors of `training.evaluating.errors`, those of the store of examples, those of a version that isn't
    there or is damaged, and those of a model server that doesn't start.
    """
    parameters = assignment.parameters
    if not isinstance(parameters, EvaluateParameters):
        raise JobUnsupported("The job's parameters are not those of an evaluation.")
    card = office.repository.card(ModelVersion(assignment.model, parameters.version))
    office.reporter.progress(Progress(stage="loading"))
    found = chosen(card, parameters.batches, parameters.base, office)
    advance = _Advance(office.reporter, found.total)
    measured = measure(office.repository.root, card, found.blocks, split=found.name, advance=advance)
    return Outcome(_result(card, found, measured))


def chosen(card: VersionCard, ids: Sequence[str] | None, base: str | None, office: Office) -> Chosen:
    """What a version is evaluated on: uploaded batches, or without any its own test set, for which see `held_out`.

    Raises `NothingToEvaluate`, and what the store of examples raises.
    """
    size = card.engine.max_batch_size
    if ids is None:
        examples = held_out(card, base, office)
        return Chosen(in_blocks(examples, size), len(examples))
    batches, withdrawn = office.examples.batches(ids)
    if not batches:
        raise NothingToEvaluate("All batches to evaluate on were withdrawn." if withdrawn else "No batch is named.")
    total = sum(batch.examples for batch in batches)
    return Chosen(_uploaded(batches, card, office, size), total, tuple(batch.id for batch in batches))


def _uploaded(batches: Sequence[Batch], card: VersionCard, office: Office, size: int) -> Iterable[Examples]:
    fetch, labels = office.examples.object, card.output.labels
    if isinstance(card.input, ImageInput):
        return uploaded_pictures(batches, fetch, card.input, labels, size)
    return uploaded_examples(uploaded_rows(batches, fetch, card.input, labels, block=size))


@dataclass
class _Advance:
    """Tells how many examples were answered, and looks whether the job shall stop."""

    reporter: Reporter
    total: int
    done: int = 0

    def __call__(self, count: int) -> None:
        self.reporter.check()
        self.done += count
        self.reporter.progress(Progress(stage="evaluating", step=self.done, steps=max(1, self.total)))


def _result(card: VersionCard, found: Chosen, measured: Measured) -> EvaluationResult:
    return EvaluationResult(
        version=card.version,
        data="test" if found.batches is None else "batches",
        batches=found.batches or (),
        digest=measured.digest,
        evaluation=measured.evaluation,
        curves=measured.curves,
        server=measured.server,
    )
