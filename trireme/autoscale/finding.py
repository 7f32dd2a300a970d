"""Where a model's service time is known from."""

from dataclasses import dataclass
from pathlib import Path

from contract.card import VersionCard
from contract.errors import RepositoryError
from contract.repository import ModelRepository
from training.engines.record import TuningStore
from training.settings import TrainingSettings
from trireme.autoscale.errors import PlanImpossible
from trireme.autoscale.measure import measured
from trireme.autoscale.service import Service, given, tuned

DEFAULT_BATCH = 32


@dataclass(frozen=True)
class Measuring:
    """What the caller says of the service time, or of how it is to be found."""

    service_ms: float | None = None
    batch_ms: float | None = None
    batch: int | None = None
    instances: int | None = None
    is_tuned: bool = False
    gateway: str | None = None
    gateway_replicas: int = 1
    seconds: float = 5.0
    data: Path | None = None


def find(model: str, repository: Path, how: Measuring) -> Service:
    """The service time: given, measured now, or as tuning measured it.

    Raises `PlanImpossible` where nothing is known, `LoadTestError` where measuring fails or the times are nonsense.
    """
    card = _card(model, ModelRepository(repository), is_needed=how.gateway is None and how.service_ms is None)
    engine = card and (card.engine if how.is_tuned or card.fallback is None else card.fallback)
    batch = how.batch or (engine.max_batch_size if engine else DEFAULT_BATCH)
    instances = how.instances or (engine.instances if engine else 1)
    if how.service_ms is not None:
        full = None if how.batch_ms is None else how.batch_ms / 1000
        return given(how.service_ms / 1000, full, batch=batch, instances=instances)
    if how.gateway is not None:
        return measured(
            how.gateway, model.partition(":")[0], data=how.data, seconds=how.seconds, batch=batch, instances=instances,
            replicas=how.gateway_replicas,
        )  # fmt: skip
    return _tuned(card, how) if card else _unknown(model)


def _card(model: str, store: ModelRepository, *, is_needed: bool) -> VersionCard | None:
    try:
        return store.card(store.named(model))
    except RepositoryError:
        if is_needed:
            raise
        return None


def _tuned(card: VersionCard, how: Measuring) -> Service:
    tuning = TuningStore(TrainingSettings().tuning_dir).read(card.model)
    found = tuning and tuned(card, tuning, is_tuned=how.is_tuned)
    return found or _unknown(str(card.name))


def _unknown(model: str) -> Service:
    raise PlanImpossible(
        f"Nobody has measured how long {model} takes: run `trireme tune`, or give --gateway or --service-ms."
    )
