"""Which work a job is. What does it is imported when it is wanted: TensorFlow takes seconds."""

from importlib import import_module
from typing import Literal, cast

from contract.jobs.documents import JobKind, RetrainParameters
from contract.names import ModelVersion
from contract.repository import ModelRepository
from training.retrain.errors import JobUnsupported
from training.retrain.work import Assignment, Work

InputKind = Literal["image", "table"]
WORKS: dict[tuple[JobKind, InputKind], str] = {
    (JobKind.RETRAIN, "image"): "training.retrain.pictures:retrain",
    (JobKind.RETRAIN, "table"): "training.retrain.tables:retrain",
    (JobKind.EVALUATE, "image"): "training.retrain.evaluation:evaluate",
    (JobKind.EVALUATE, "table"): "training.retrain.evaluation:evaluate",
    (JobKind.DRIFT_REPORT, "image"): "training.drift_report.work:drift_report",
    (JobKind.DRIFT_REPORT, "table"): "training.drift_report.work:drift_report",
}
"""`module:function` of each."""


def find_work(assignment: Assignment, repository: ModelRepository) -> Work:
    """What does the job; raises `JobUnsupported`."""
    parameters = assignment.parameters
    kind = _input_kind(assignment, repository)
    place = WORKS.get((parameters.kind, kind))
    if place is None:
        raise JobUnsupported(f"There are no jobs of the kind {parameters.kind} for models of this kind ({kind}).")
    module, _, function = place.partition(":")
    return cast("Work", getattr(import_module(module), function))


def _input_kind(assignment: Assignment, repository: ModelRepository) -> InputKind:
    parameters = assignment.parameters
    if isinstance(parameters, RetrainParameters):
        return input_kind(assignment.model, assignment.champion, parameters.base, repository)
    return input_kind(assignment.model, parameters.version, None, repository)


def input_kind(model: str, version: int | None, base: str | None, repository: ModelRepository) -> InputKind:
    """What the model takes: what the version's card says, else what the base is; a new model's may be a recipe.

    Raises `VersionUnknown` or `CardInvalid`.
    """
    if version is not None:
        return repository.card(ModelVersion(model, version)).input.kind
    from training.tables.recipes import names_recipe  # noqa: PLC0415 - a second of imports that few jobs need

    return "table" if names_recipe(model if base is None else base) else "image"
