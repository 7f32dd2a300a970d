"""Retrains that drift starts by a model's policy, on both databases."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from contract.jobs.documents import JobState
from contract.jobs.policy import DriftPolicy, RetrainPolicies, RetrainPolicy
from contract.jobs.tables import JOBS
from gateway.catalogue import Catalogue
from gateway.database.engine import Database
from gateway.drift.detector import DriftDetector
from gateway.identifiers import Identifiers
from gateway.jobs.asking import Questions
from gateway.jobs.history import RetrainHistory
from gateway.jobs.store import JobStore
from gateway.jobs.triggers import Triggers
from gateway.metrics import Metrics
from gateway.prediction_log.inserting import insert
from gateway.prediction_log.lines import document
from gateway.reader import CatalogueReader
from tests.support.drifting import rows, sent
from tests.unit.gateway.rig import settings
from tests.unit.prediction_log.rig import entry

WATCHED = DriftPolicy(retrain=True, min_examples=300, window_s=3600, cooldown_s=86_400)
IDS = Identifiers()


@dataclass
class Site:
    """What gateways share, with a clock that goes on when it is told to."""

    database: Database
    repository: Path
    later: timedelta = field(default_factory=timedelta)
    metrics: Metrics = field(default_factory=Metrics)

    def gateway(self, **changes: Any) -> Triggers:
        policy = RetrainPolicy(drift=WATCHED.model_copy(update=changes))
        policies = RetrainPolicies(models={"credit": policy, "none": policy})
        return Triggers(
            policies=policies,
            catalogue=self.catalogue,
            questions=Questions(policies, None),
            create=JobStore(self.database, 20).create,
            history=RetrainHistory(self.database),
            examples=None,
            interval_s=0.01,
            drift=DriftDetector(self.database, settings(self.repository), self.metrics.drift),
            clock=lambda: datetime.now(UTC) + self.later,
        )

    def catalogue(self) -> Catalogue:
        return CatalogueReader(self.repository, None, self.metrics).read()

    async def predict(self, count: int = 400, factor: float = 1.0) -> None:
        """Log rows whose income is so much higher than in training."""
        given = [row | {"income": row["income"] and factor * row["income"]} for row in sent(rows(count, 9))]
        lines = [
            document(entry(id=IDS.prediction_id(), model="credit", label="good", features=row | {"key": None}))
            for row in given
        ]
        await insert(self.database, lines)

    async def jobs(self) -> list[Any]:
        async with self.database.transaction() as connection:
            return list(await connection.execute(select(JOBS).order_by(JOBS.c.id)))

    async def all_become(self, state: JobState, **changes: object) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(update(JOBS).values(state=state.value, **changes))

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"trireme_gateway_drift_{name}", {"model": "credit", **labels})


@pytest.fixture
def site(database: Database, repository: Path) -> Site:
    return Site(database, repository)


async def test_drift_starts_one_retrain_and_says_why(site: Site) -> None:
    await site.predict(factor=3)
    triggers = site.gateway()
    for _ in range(3):
        await triggers.look()
    (job,) = await site.jobs()
    assert (job.model, job.trigger, job.principal, job.state) == ("credit", "drift", "policy", "queued")
    assert job.parameters["note"] == "Drift of income in 400 predictions."


async def test_without_drift_nothing_is_started_and_the_metrics_say_so(site: Site) -> None:
    await site.predict()
    await site.gateway().look()
    assert not await site.jobs()
    assert site.metric("highest_psi") < 0.1  # type: ignore[operator] # None fails too
    assert (site.metric("features", verdict="major"), site.metric("predictions")) == (0, 400)


async def test_a_policy_that_only_watches_starts_nothing(site: Site) -> None:
    await site.predict(factor=3)
    await site.gateway(retrain=False).look()
    assert not await site.jobs()
    assert site.metric("highest_psi") > 0.25  # type: ignore[operator] # None fails too
    assert site.metric("features", verdict="major") == 1


@pytest.mark.parametrize("changes", [{"features": 2}, {"min_examples": 401}])
async def test_too_few_features_or_predictions_start_nothing(site: Site, changes: dict[str, int]) -> None:
    await site.predict(factor=3)
    await site.gateway(**changes).look()
    assert not await site.jobs()


async def test_two_gateways_at_once_make_one_job(site: Site) -> None:
    await site.predict(factor=3)
    await asyncio.gather(*(site.gateway().look() for _ in range(2)))
    await site.gateway().look()
    assert len(await site.jobs()) == 1


async def test_the_next_retrain_waits_for_the_last_one_and_for_the_cooldown(site: Site) -> None:
    await site.predict(factor=3)
    await site.gateway(window_s=7 * 86_400).look()
    site.later = timedelta(hours=20)
    await site.all_become(JobState.FAILED, lane=None)
    await site.gateway(window_s=7 * 86_400).look()
    assert len(await site.jobs()) == 1
    site.later = timedelta(hours=25)
    await site.all_become(JobState.RUNNING)
    await site.gateway(window_s=7 * 86_400).look()
    assert len(await site.jobs()) == 1
    await site.all_become(JobState.REJECTED)
    await asyncio.gather(*(site.gateway(window_s=7 * 86_400).look() for _ in range(2)))
    assert [job.trigger for job in await site.jobs()] == ["drift", "drift"]


async def test_a_model_is_looked_at_sixty_times_in_a_window(site: Site) -> None:
    triggers = site.gateway()
    await triggers.look()
    await site.predict(factor=3)
    await triggers.look()
    assert not await site.jobs()
    site.later = timedelta(seconds=61)
    await triggers.look()
    assert len(await site.jobs()) == 1
