"""Retrains that policies start, on both databases, with a clock that is set by hand."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from contract.errors import TriremeError
from contract.examples.batch import Batch, Picture, Use
from contract.jobs.documents import JobState
from contract.jobs.policy import RetrainPolicies, RetrainPolicy
from contract.jobs.tables import JOBS
from gateway.catalogue import Catalogue
from gateway.database.engine import Database
from gateway.database.errors import DatabaseUnavailable
from gateway.identifiers import Identifiers
from gateway.jobs.asking import Questions
from gateway.jobs.history import RetrainHistory
from gateway.jobs.store import JobStore
from gateway.jobs.triggers import Triggers
from gateway.metrics import Metrics
from gateway.reader import CatalogueReader

NIGHTLY = RetrainPolicy(schedule="0 3 * * *")
BY_DATA = RetrainPolicy(min_new_examples=10)
EVENING = datetime(2030, 1, 1, 20, tzinfo=UTC)
IDS = Identifiers()


@dataclass
class Clock:
    now: datetime = EVENING

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Uploaded:
    """The uploaded examples."""

    held: list[Batch] = field(default_factory=list)
    fault: Exception | None = None

    async def batches(self, model: str) -> Sequence[Batch]:
        if self.fault is not None:
            raise self.fault
        return [batch for batch in self.held if batch.model == model]

    def add(self, examples: int, use: Use = Use.TRAINING, model: str = "tiny") -> Batch:
        pictures = tuple(Picture(digest=f"{n:064x}", label="cat") for n in range(examples))
        named = {"id": IDS.prediction_id(), "model": model, "use": use, "created": datetime.now(UTC)}
        batch = Batch(**named, principal="user:eve", counts={"cat": examples}, bytes=1, pictures=pictures)
        self.held.append(batch)
        return batch


@dataclass
class Site:
    """What gateways share."""

    database: Database
    catalogue: Catalogue
    clock: Clock = field(default_factory=Clock)
    uploaded: Uploaded = field(default_factory=Uploaded)
    max_queued: int = 20

    def gateway(self, **policies: RetrainPolicy) -> Triggers:
        given = RetrainPolicies(models={name.replace("_", "-"): policy for name, policy in policies.items()})
        return Triggers(
            policies=given,
            catalogue=lambda: self.catalogue,
            questions=Questions(given, self.uploaded),
            create=JobStore(self.database, self.max_queued).create,
            history=RetrainHistory(self.database),
            examples=self.uploaded,
            interval_s=0.01,
            clock=self.clock,
        )

    async def jobs(self) -> list[Any]:
        async with self.database.transaction() as connection:
            return list(await connection.execute(select(JOBS).order_by(JOBS.c.id)))

    async def all_become(self, state: JobState) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(update(JOBS).values(state=state.value))


@pytest.fixture(scope="module")
def catalogue(repository: Path) -> Catalogue:
    return CatalogueReader(repository, None, Metrics(slo_latency_s=1.0)).read()


@pytest.fixture
def site(database: Database, catalogue: Catalogue) -> Site:
    return Site(database, catalogue)


async def test_a_schedule_starts_one_retrain_a_tick(site: Site) -> None:
    triggers = site.gateway(tiny=NIGHTLY)
    for hour in range(12):
        site.clock.now = EVENING + timedelta(hours=hour)
        await triggers.look()

    (job,) = await site.jobs()
    assert (job.trigger, job.principal, job.state) == ("schedule", "policy", "queued")
    assert job.idempotency_key == "policy schedule:tiny:2030-01-02T03:00Z"


async def test_two_gateways_at_once_make_one_job_of_a_tick(site: Site) -> None:
    gateways = [site.gateway(tiny=NIGHTLY) for _ in range(2)]
    site.clock.now += timedelta(hours=8)

    await asyncio.gather(*(triggers.look() for triggers in gateways))

    assert len(await site.jobs()) == 1


async def test_two_gateways_at_once_make_one_job_of_new_examples_though_one_sees_a_batch_more(site: Site) -> None:
    first = site.uploaded.add(10)
    other = replace(site, uploaded=Uploaded(held=[first]))
    other.uploaded.add(2)

    await asyncio.gather(site.gateway(tiny=BY_DATA).look(), other.gateway(tiny=BY_DATA).look())

    assert len(await site.jobs()) == 1


async def test_the_last_tick_of_those_without_a_gateway_is_caught_up_once(site: Site) -> None:
    first = site.gateway(tiny=NIGHTLY)
    site.clock.now = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)
    await first.look()
    await site.all_become(JobState.SUCCEEDED)

    site.clock.now = datetime(2030, 1, 9, 14, 0, tzinfo=UTC)
    again = site.gateway(tiny=NIGHTLY)
    await again.look()
    await again.look()

    assert [job.idempotency_key[-17:] for job in await site.jobs()] == ["2030-01-02T03:00Z", "2030-01-09T03:00Z"]


async def test_what_is_older_than_a_day_is_not_caught_up(site: Site) -> None:
    weekly = RetrainPolicy(schedule="0 3 * * 3")
    first = site.gateway(tiny=weekly)
    site.clock.now = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)
    await first.look()
    await site.all_become(JobState.SUCCEEDED)

    site.clock.now = datetime(2030, 1, 10, 3, 1, tzinfo=UTC)
    await site.gateway(tiny=weekly).look()

    assert len(await site.jobs()) == 1


async def test_a_new_schedule_starts_nothing_by_a_tick_of_before(site: Site) -> None:
    site.clock.now = datetime(2030, 1, 2, 3, 30, tzinfo=UTC)
    await site.gateway(tiny=NIGHTLY).look()

    assert not await site.jobs()


async def test_ticks_that_come_faster_than_retrains_end_make_no_queue(site: Site) -> None:
    triggers = site.gateway(tiny=RetrainPolicy(schedule="* * * * *"))
    for minute in range(1, 10):
        site.clock.now = EVENING + timedelta(minutes=minute)
        await triggers.look()
    assert len(await site.jobs()) == 1

    await site.all_become(JobState.FAILED)
    await triggers.look()

    assert len(await site.jobs()) == 2


async def test_enough_new_training_examples_start_one_retrain_on_all_of_them(site: Site) -> None:
    triggers = site.gateway(tiny=BY_DATA)
    first = site.uploaded.add(6)
    site.uploaded.add(50, Use.EVALUATION)
    site.uploaded.add(50, model="credit")
    await triggers.look()
    assert not await site.jobs()

    second = site.uploaded.add(4)
    await triggers.look()
    await triggers.look()

    (job,) = await site.jobs()
    assert (job.trigger, job.principal) == ("data", "policy")
    assert job.parameters["batches"] == [first.id, second.id]
    assert job.parameters["note"] == "10 new examples."


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.CANCELLED, JobState.REJECTED, JobState.SUCCEEDED])
async def test_a_batch_starts_one_retrain_by_itself_whatever_becomes_of_that(site: Site, end: JobState) -> None:
    triggers = site.gateway(tiny=BY_DATA)
    site.uploaded.add(10)
    await triggers.look()
    await site.all_become(end)

    site.uploaded.add(9)
    await triggers.look()
    assert len(await site.jobs()) == 1

    site.uploaded.add(1)
    await triggers.look()
    assert len(await site.jobs()) == 2


async def test_any_other_retrain_uses_examples_up_too(site: Site) -> None:
    by_schedule = site.gateway(tiny=NIGHTLY)
    site.uploaded.add(10)
    site.clock.now += timedelta(hours=8)
    await by_schedule.look()

    await site.gateway(tiny=BY_DATA).look()

    assert [job.trigger for job in await site.jobs()] == ["schedule"]


async def test_withdrawn_examples_do_not_count(site: Site) -> None:
    site.uploaded.add(6)
    site.uploaded.held.pop()
    site.uploaded.add(6)

    await site.gateway(tiny=BY_DATA).look()

    assert not await site.jobs()


async def test_many_retrains_without_the_examples_do_not_hide_that_they_are_new(site: Site) -> None:
    batch = site.uploaded.add(10)
    hidden = replace(site, uploaded=Uploaded())
    triggers = hidden.gateway(tiny=RetrainPolicy(schedule="* * * * *"))
    for minute in range(1, 26):
        site.clock.now = EVENING + timedelta(minutes=minute)
        await triggers.look()
        await site.all_become(JobState.SUCCEEDED)

    await site.gateway(tiny=BY_DATA).look()

    *others, last = await site.jobs()
    assert len(others) == 25
    assert last.parameters["batches"] == [batch.id]


@pytest.mark.parametrize("fault", [DatabaseUnavailable(), TriremeError("The store is away."), OSError(5, "eio")])
async def test_a_store_that_is_away_is_asked_again_and_stops_nobody_else(site: Site, fault: Exception) -> None:
    triggers = site.gateway(tiny=BY_DATA, credit=NIGHTLY)
    site.uploaded.add(10)
    site.uploaded.fault = fault
    site.clock.now += timedelta(hours=8)
    await triggers.look()

    site.uploaded.fault = None
    await triggers.look()

    assert sorted((job.model, job.trigger) for job in await site.jobs()) == [("credit", "schedule"), ("tiny", "data")]


async def test_a_full_queue_is_tried_again(site: Site) -> None:
    full = replace(site, max_queued=0)
    triggers = full.gateway(tiny=NIGHTLY)
    site.clock.now += timedelta(hours=8)
    await triggers.look()
    assert not await site.jobs()

    triggers = replace(full, max_queued=1).gateway(tiny=BY_DATA)
    site.uploaded.add(10)
    await triggers.look()

    assert len(await site.jobs()) == 1


async def test_a_policy_may_come_before_its_model(site: Site) -> None:
    triggers = site.gateway(not_there=NIGHTLY, tiny=NIGHTLY)
    site.clock.now += timedelta(hours=8)

    await triggers.look()

    assert [job.model for job in await site.jobs()] == ["tiny"]


async def test_it_looks_again_and_again_until_it_is_stopped(site: Site) -> None:
    triggers = site.gateway(tiny=NIGHTLY)
    running = asyncio.create_task(triggers.run())
    site.clock.now += timedelta(hours=8)
    await _until(site, lambda jobs: len(jobs) == 1)

    triggers.stop()

    async with asyncio.timeout(120):
        await running


async def _until(site: Site, holds: Callable[[list[Any]], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds(await site.jobs()):  # noqa: ASYNC110 - nothing tells of a row
            await asyncio.sleep(0.02)
