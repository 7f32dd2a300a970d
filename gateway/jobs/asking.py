"""From what a caller asks for to a new job: all that can be judged without the data is judged here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from contract.drift.reading import reference_file
from contract.examples.batch import Batch, Use
from contract.jobs.documents import AnyParameters, DriftReportParameters, EvaluateParameters, RetrainParameters
from contract.jobs.policy import RetrainPolicies, RetrainPolicy
from gateway.catalogue import Model
from gateway.errors import FieldError, RequestInvalid
from gateway.jobs.documents import DriftReportDocument, EvaluateDocument, RetrainDocument
from gateway.jobs.errors import BatchNotUsable
from gateway.jobs.new_job import NewJob

TABLES = "table-classification"


class TrainingBatches(Protocol):
    """The uploaded examples."""

    async def batches(self, model: str) -> Sequence[Batch]:
        """Those of a model that are in effect, the oldest first."""


@dataclass(frozen=True)
class Asker:
    """Who asks, and under which idempotency key."""

    principal: str
    key: str | None
    trigger: Literal["request", "schedule", "data", "drift"] = "request"

    @property
    def idempotency_key(self) -> str | None:
        """The key in the asker's own space: nobody meets another's."""
        return None if self.key is None else f"{self.principal} {self.key}"


class Questions:
    """Makes new jobs by the models' policies; `examples` is None where nothing can be uploaded.

    `hashed` are the columns of which the prediction log keeps no values.
    """

    def __init__(
        self, policies: RetrainPolicies, examples: TrainingBatches | None, hashed: tuple[str, ...] = ()
    ) -> None:
        self._policies = policies
        self._examples = examples
        self._hashed = hashed

    async def retrain(self, model: Model, asked: RetrainDocument, asker: Asker) -> NewJob:
        """A retrain; raises `RequestInvalid` or `BatchNotUsable`."""
        _check_pictures_only(model, asked)
        policy = self._policies.of(model.name)
        parameters = RetrainParameters(
            base=policy.base,
            profile=asked.profile or policy.profile,
            from_version=asked.from_version,
            batches=await self._training(model.name, asked.data),
            seed=asked.seed,
            note=asked.note,
            max_loss_points=policy.max_loss_points,
            question=asked.digest,
        )
        return _job(model, parameters, policy, asker)

    async def evaluate(self, model: Model, asked: EvaluateDocument, asker: Asker) -> NewJob:
        """An evaluation; raises `RequestInvalid`, `BatchNotUsable`, or `ModelNotServed` where no version is stable."""
        policy = self._policies.of(model.name)
        if asked.version is not None:
            _check_version(model, "version", asked.version)
        version = asked.version or model.choose(None).version
        parameters = EvaluateParameters(
            base=policy.base,
            version=version,
            batches=None if asked.data == "test" else await self._unseen(model, version, asked.data),
            question=asked.digest,
        )
        return _job(model, parameters, policy, asker)

    def drift_report(self, model: Model, asked: DriftReportDocument, asker: Asker) -> NewJob:
        """A drift report; raises `RequestInvalid`, `ReferenceMissing`, or `ModelNotServed` without a stable version."""
        if asked.version is not None:
            _check_version(model, "version", asked.version)
        version = asked.version or model.choose(None).version
        # So that a version without one is refused now, and not by its job.
        reference_file(model.card(version))
        span = asked.span()
        parameters = DriftReportParameters(
            version=version, since=span.since, until=span.until, hashed=self._hashed, question=asked.digest
        )
        return _job(model, parameters, self._policies.of(model.name), asker)

    async def _training(self, model: str, data: Literal["all", "none"] | list[str]) -> tuple[str, ...]:
        if data == "none":
            return ()
        known = [batch for batch in await self._known(model) if batch.use is Use.TRAINING]
        return _chosen(known, None if data == "all" else data, "training data")

    async def _unseen(self, model: Model, version: int, data: Sequence[str]) -> tuple[str, ...]:
        chosen = _chosen(await self._known(model.name), data, "uploaded data")
        seen = sorted({*chosen} & {*model.card(version).lineage.batches})
        if seen:
            raise BatchNotUsable(f"Version {version} was trained on batch {seen[0]}: that says nothing about it.")
        return chosen

    async def _known(self, model: str) -> Sequence[Batch]:
        return [] if self._examples is None else await self._examples.batches(model)


def _job(model: Model, parameters: AnyParameters, policy: RetrainPolicy, asker: Asker) -> NewJob:
    return NewJob(
        model=model.name,
        parameters=parameters,
        trigger=asker.trigger,
        principal=asker.principal,
        time_limit_s=policy.time_limit_s,
        idempotency_key=asker.idempotency_key,
    )


def _check_pictures_only(model: Model, asked: RetrainDocument) -> None:
    is_of_tables = model.representative().task == TABLES
    for name, value in (("profile", asked.profile), ("from_version", asked.from_version)):
        if is_of_tables and value is not None:
            raise RequestInvalid(FieldError(field=f"body.{name}", message="models of tables have none"))
    if asked.from_version is not None:
        _check_version(model, "from_version", asked.from_version)


def _check_version(model: Model, field: str, version: int) -> None:
    if version not in model.cards:
        message = f"model {model.name!r} has no version {version}"
        raise RequestInvalid(FieldError(field=f"body.{field}", message=message))


def _chosen(known: Sequence[Batch], wanted: Sequence[str] | None, what: str) -> tuple[str, ...]:
    if wanted is None:
        return tuple(batch.id for batch in known)
    ids = {batch.id for batch in known}
    for one in wanted:
        if one not in ids:
            raise BatchNotUsable(f"There is no batch {one} of {what} in effect.")
    return tuple(sorted({*wanted}))
