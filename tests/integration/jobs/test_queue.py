"""Many gateways on one database: what is asked twice is made once, what is claimed twice is launched once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import Connection, delete, insert, select, update

from contract.jobs.documents import EvaluateParameters, JobKind, JobState, RetrainParameters
from contract.jobs.policy import RetrainPolicies, RetrainPolicy
from contract.jobs.tables import JOB_EVENTS, JOB_PAGES, JOBS, METADATA
from gateway.database.engine import Database, open_database
from gateway.database.settings import DatabaseSettings
from gateway.jobs.errors import IdempotencyConflict, JobOver, JobQueueFull, JobUnknown, LauncherAway, LaunchFailed
from gateway.jobs.events import MAX_LINES, JobEvents
from gateway.jobs.launcher import Claimed, Fate, Sighting
from gateway.jobs.metrics import JobMetrics
from gateway.jobs.new_job import NewJob
from gateway.jobs.queue import JobQueue
from gateway.jobs.runner import Runner
from gateway.jobs.settings import JobSettings
from gateway.jobs.store import JobStore
from gateway.jobs.upkeep import JobUpkeep
from gateway.upkeep import CHUNK
from tests.integration.jobs.rig import KIND, new_job, states, until


class Machines:
    """Runs jobs that end by themselves after a moment, and remembers what was launched, and how much at once."""

    name = "machines"

    def __init__(self, database: Database, *, outlives_gateway: bool = False, ends: bool = True) -> None:
        self.outlives_gateway = outlives_gateway
        self.launches: Counter[tuple[str, int]] = Counter()
        self.running: Counter[str] = Counter()
        self.most = 0
        self.ended: list[Claimed] = []
        self.trouble: Exception | None = None
        self._alive: set[tuple[str, int]] = set()
        self._ends = ends
        self._database = database
        self._tasks: list[asyncio.Task[None]] = []

    async def launch(self, job: Claimed) -> None:
        if self.trouble is not None:
            raise self.trouble
        if (job.id, job.attempt) not in self._alive:
            self._alive.add((job.id, job.attempt))
            self.launches[job.id, job.attempt] += 1
            self._tasks.append(asyncio.create_task(self._run(job)))

    async def look(self, job: Claimed) -> Sighting:
        if isinstance(self.trouble, LauncherAway):
            raise self.trouble
        return Sighting(Fate.RUNNING if (job.id, job.attempt) in self._alive else Fate.GONE)

    async def end(self, job: Claimed) -> None:
        self.ended.append(job)
        self._alive.discard((job.id, job.attempt))

    async def close(self) -> None:
        # Jobs that outlive their gateway go on when it is closed.
        for task in [] if self.outlives_gateway else self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lose(self, job: Claimed) -> None:
        """It is gone without a word."""
        self._alive.discard((job.id, job.attempt))

    async def _run(self, job: Claimed) -> None:
        self.running[job.model] += 1
        self.most = max(self.most, *self.running.values())
        await self._write(job, state="running", heartbeat=datetime.now(UTC))
        await asyncio.sleep(0.02)
        if self._ends:
            self.running[job.model] -= 1
            await self._write(job, state="succeeded", ended=datetime.now(UTC), lane=None)
            self._alive.discard((job.id, job.attempt))

    async def _write(self, job: Claimed, **values: Any) -> None:
        mine = JOBS.c.id == job.id, JOBS.c.attempt == job.attempt
        async with self._database.transaction() as connection:
            await connection.execute(update(JOBS).where(*mine).values(values))


class Rig:
    """Gateways that share a database, without anything but their runners."""

    def __init__(self, url: str, database: Database) -> None:
        self.database = database
        self.url = url
        self.store = JobStore(database, 100)

    def runner(
        self, launcher: Machines, name: str = "one", policies: RetrainPolicies | None = None, **changes: Any
    ) -> Runner:
        quick = {"job_interval_s": 0.02, "jobs_at_once": 3, **changes}
        return Runner(
            queue=JobQueue(self.database),
            launcher=launcher,
            policies=policies or RetrainPolicies(),
            settings=JobSettings(_env_file=None, **quick),
            gateway=name,
            stable=lambda _model: 4,
            metrics=JobMetrics(CollectorRegistry()),
            prepare=nothing,
        )

    async def all(self, model: str = "tiny") -> list[Any]:
        return await self.store.list(model, KIND, limit=100)

    async def reached(self, one: str, *wanted: JobState) -> Any:
        async def is_there() -> bool:
            return (await self.store.find("tiny", KIND, one)).state in wanted

        await until(is_there)
        return await self.store.find("tiny", KIND, one)

    async def set(self, one: str, **values: Any) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(update(JOBS).where(JOBS.c.id == one).values(values))


async def nothing() -> None:
    """There is nothing to prepare."""


@pytest.fixture
def rig(url: str, database: Database) -> Rig:
    return Rig(url, database)


class Going:
    """Runners at work."""

    def __init__(self, *runners: Runner) -> None:
        self._runners = runners

    async def __aenter__(self) -> None:
        self._tasks = [asyncio.create_task(one.run()) for one in self._runners]

    async def __aexit__(self, *_: object) -> None:
        for one in self._runners:
            one.stop()
        await asyncio.gather(*self._tasks)
        for one in self._runners:
            await one.close()


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    def differences(connection: Connection) -> Sequence[Any]:
        names = {JOBS.name, JOB_EVENTS.name, JOB_PAGES.name}
        options = {"include_name": lambda name, kind, _: kind != "table" or name in names, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.parametrize("lanes", [1, 2])
async def test_two_gateways_launch_each_of_20_jobs_once_and_no_more_of_a_model_than_may_run(
    rig: Rig, url: str, lanes: int
) -> None:
    policies = RetrainPolicies(models={"tiny": RetrainPolicy(at_once=lanes)})
    async with open_database(DatabaseSettings(database=SecretStr(url))) as other:
        machines = Machines(rig.database)
        for _ in range(20):
            await rig.store.create(new_job())
        second = Rig(url, other).runner(machines, "two", policies)
        async with Going(rig.runner(machines, "one", policies), second):
            await until(lambda: all_over(rig))
        found = await rig.all()
    assert states(found) == [JobState.SUCCEEDED] * 20
    assert {one.attempt for one in found} == {1}
    assert {one.champion for one in found} == {4}
    assert set(machines.launches.values()) == {1}
    assert len(machines.launches) == 20
    assert machines.most <= lanes


async def all_over(rig: Rig) -> bool:
    return all(one.state.is_final for one in await rig.all())


async def test_the_same_question_asked_at_the_same_time_makes_one_job(rig: Rig, url: str) -> None:
    async with open_database(DatabaseSettings(database=SecretStr(url))) as other:
        stores = [rig.store, JobStore(other, 100)]
        made = await asyncio.gather(
            *(stores[number % 2].create(new_job(idempotency_key="user:eve a")) for number in range(20))
        )
    assert len({one.id for one in made}) == 1
    assert len(await rig.all()) == 1


async def test_a_key_is_its_question_s_and_its_kind_s(rig: Rig) -> None:
    def asked(question: str, **changes: Any) -> Any:
        parameters = RetrainParameters(question=question * 64, **changes)
        return NewJob("tiny", parameters, "request", "user:eve", 600, "user:eve a")

    first = await rig.store.create(asked("a"))
    # What the gateway filled in may have become another.
    assert (await rig.store.create(asked("a", profile="long"))).id == first.id
    with pytest.raises(IdempotencyConflict):
        await rig.store.create(asked("b"))
    evaluation = NewJob("tiny", EvaluateParameters(version=1), "request", "user:eve", 600, "user:eve a")
    assert (await rig.store.create(evaluation)).id != first.id


async def test_the_queue_of_a_model_is_bounded_however_many_ask_at_once(rig: Rig, url: str) -> None:
    async with open_database(DatabaseSettings(database=SecretStr(url))) as other:
        stores = [JobStore(rig.database, 3), JobStore(other, 3)]
        asked = [stores[number % 2].create(new_job()) for number in range(10)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, JobQueueFull) for one in answers) == 7
    assert len(await rig.all()) == 3
    assert (await rig.store.create(new_job(model="other"))).state is JobState.QUEUED


async def test_jobs_are_listed_the_newest_first_and_by_state(rig: Rig) -> None:
    made = [await rig.store.create(new_job(str(number))) for number in range(5)]
    await rig.store.cancel(made[3])
    ids = [one.id for one in made][::-1]
    first = await rig.store.list("tiny", KIND, limit=2)
    assert [one.id for one in first] == ids[:2]
    assert [one.id for one in await rig.store.list("tiny", KIND, limit=9, before=first[-1].id)] == ids[2:]
    cancelled = await rig.store.list("tiny", KIND, limit=9, states=[JobState.CANCELLED])
    assert [one.id for one in cancelled] == [made[3].id]
    with pytest.raises(JobOver):
        await rig.store.cancel(made[3])
    for model, kind, one in (("other", KIND, ids[0]), ("tiny", JobKind.EVALUATE, ids[0]), ("tiny", KIND, "no-id")):
        with pytest.raises(JobUnknown):
            await rig.store.find(model, kind, one)


async def test_the_log_of_a_job_is_bounded_over_all_its_attempts(rig: Rig) -> None:
    one, events = (await rig.store.create(new_job())).id, JobEvents(rig.database)
    await events.add_lines(one, [f"line {number}" for number in range(MAX_LINES - 2)])
    await events.add_lines(one, ["a", "b", "c"])
    await events.add_lines(one, ["d"])
    assert (await events.last_lines(one, 3))[0] == f"line {MAX_LINES - 3}"
    assert (await events.last_lines(one, 2))[0] == "a"
    assert len(await events.last_lines(one, 10_000)) == MAX_LINES


async def test_what_mattered_while_a_job_ran_ends_some_time_after_it(rig: Rig) -> None:
    old, recent, waiting = [(await rig.store.create(new_job(name))).id for name in ("old", "recent", "waiting")]
    events, now = JobEvents(rig.database), datetime.now(UTC)
    for one in (old, recent, waiting):
        await events.add_lines(one, [f"line {number}" for number in range(CHUNK + 1)])
    await rig.set(old, state="failed", ended=now - timedelta(days=3))
    await rig.set(recent, state="failed", ended=now - timedelta(days=1))
    async with rig.database.transaction() as connection:
        pages = [{"job_id": one, "html": b"", "scripts": []} for one in (old, recent)]
        await connection.execute(insert(JOB_PAGES), pages)
    await JobUpkeep(rig.database, timedelta(days=2)).tidy(now)
    async with rig.database.transaction() as connection:
        assert list(await connection.scalars(select(JOB_PAGES.c.job_id))) == [recent]
    assert [event.kind for event in await events.after(old, 0)] == ["state"]
    for one in (recent, waiting):
        assert len(await events.last_lines(one, 9999)) == CHUNK + 1
    assert {one.id for one in await rig.all()} == {old, recent, waiting}


async def test_the_newest_evaluation_of_a_version_is_found_by_what_it_was_on(rig: Rig) -> None:
    made: dict[str, str] = {}
    batch = "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"
    for name, version, batches in (("a", 1, None), ("b", 1, None), ("c", 1, (batch,)), ("d", 2, None)):
        parameters = EvaluateParameters(version=version, batches=batches)
        made[name] = (await rig.store.create(NewJob("tiny", parameters, "request", "x", 600))).id
        await rig.set(made[name], state="succeeded")
    failed = await rig.store.create(NewJob("tiny", EvaluateParameters(version=1), "request", "x", 600))
    await rig.set(failed.id, state="failed")

    async def newest(version: int, *, on_batches: bool) -> str | None:
        found = await rig.store.newest_evaluation("tiny", version, on_batches=on_batches)
        return None if found is None else found.id

    assert await newest(1, on_batches=False) == made["b"]
    assert await newest(1, on_batches=True) == made["c"]
    assert await newest(2, on_batches=False) == made["d"]
    assert await newest(2, on_batches=True) is None


async def test_a_job_that_could_not_be_started_is_started_once_it_can_be(rig: Rig) -> None:
    machines = Machines(rig.database)
    machines.trouble = LaunchFailed("There is no room.")
    one = await rig.store.create(new_job())
    async with Going(rig.runner(machines)):
        assert (await rig.reached(one.id, JobState.STARTING)).attempt == 1
        machines.trouble = None
        assert (await rig.reached(one.id, JobState.SUCCEEDED)).attempt == 1


async def test_a_job_that_can_never_be_started_fails_with_the_launcher_s_reason(rig: Rig) -> None:
    machines = Machines(rig.database)
    machines.trouble = LaunchFailed("There is no room.")
    one = await rig.store.create(new_job())
    async with Going(rig.runner(machines, job_silence_s=0.05, job_attempts=2)):
        found = await rig.reached(one.id, JobState.FAILED)
    assert (found.reason_code, found.reason, found.attempt) == ("launch-failed", "There is no room.", 2)
    assert found.lane is None


async def test_a_job_whose_gateway_is_gone_is_started_anew_by_another(rig: Rig) -> None:
    one = await rig.store.create(new_job())
    old = {"holder": "dead", "attempt": 1, "lane": 0, "heartbeat": datetime.now(UTC) - timedelta(hours=1)}
    await rig.set(one.id, state="running", **old)
    machines = Machines(rig.database)
    async with Going(rig.runner(machines, job_silence_s=2)):
        found = await rig.reached(one.id, JobState.SUCCEEDED)
    assert found.attempt == 2
    # The other gateway's process isn't its to end.
    assert 1 not in {ended.attempt for ended in machines.ended}


async def test_a_cancelled_job_whose_gateway_is_gone_is_cancelled(rig: Rig) -> None:
    one = await rig.store.create(new_job())
    await rig.set(one.id, state="running", holder="dead", attempt=1, lane=0, cancel_asked=True)
    async with Going(rig.runner(Machines(rig.database), job_silence_s=0.1)):
        await rig.reached(one.id, JobState.CANCELLED)


async def test_a_job_that_was_put_back_though_it_was_cancelled_is_cancelled(rig: Rig) -> None:
    one = await rig.store.create(new_job())
    await rig.set(one.id, cancel_asked=True, attempt=1)
    machines = Machines(rig.database)
    async with Going(rig.runner(machines)):
        await rig.reached(one.id, JobState.CANCELLED)
    assert not machines.launches


async def test_a_job_that_was_put_back_after_its_time_is_not_started_again(rig: Rig) -> None:
    one = await rig.store.create(new_job(time_limit_s=60))
    await rig.set(one.id, started=datetime.now(UTC) - timedelta(seconds=61), attempt=1)
    machines = Machines(rig.database)
    async with Going(rig.runner(machines)):
        found = await rig.reached(one.id, JobState.FAILED)
    assert found.reason_code == "job-timeout"
    assert not machines.launches


async def test_jobs_that_outlive_their_gateway_are_looked_after_by_any(rig: Rig) -> None:
    machines = Machines(rig.database, outlives_gateway=True, ends=False)
    first = await rig.store.create(new_job())
    await rig.store.create(new_job(model="other"))
    async with Going(rig.runner(machines)):
        await rig.reached(first.id, JobState.RUNNING)
    assert (await rig.reached(first.id, JobState.RUNNING)).holder is None
    found = await rig.store.find("tiny", KIND, first.id)
    machines.lose(found.claimed)
    async with Going(rig.runner(machines, "two")):
        gone = await rig.reached(first.id, JobState.FAILED)
        assert (gone.reason_code, gone.reason) == ("job-died", "The job ended without saying why.")
        await until(lambda: is_running(rig, "other"))


async def test_a_job_that_another_gateway_claimed_and_never_launched_is_launched(rig: Rig) -> None:
    one = await rig.store.create(new_job())
    claimed = {"state": "starting", "attempt": 1, "lane": 0, "heartbeat": datetime.now(UTC)}
    await rig.set(one.id, **claimed)
    machines = Machines(rig.database, outlives_gateway=True)
    async with Going(rig.runner(machines)):
        await rig.reached(one.id, JobState.SUCCEEDED)
    assert machines.launches == {(one.id, 1): 1}


async def test_a_launcher_that_can_t_be_asked_harms_no_job(rig: Rig) -> None:
    machines = Machines(rig.database, outlives_gateway=True, ends=False)
    one = await rig.store.create(new_job())
    async with Going(rig.runner(machines)):
        await rig.reached(one.id, JobState.RUNNING)
        machines.trouble = LauncherAway()
        await rig.store.create(new_job(model="other"))
        await asyncio.sleep(0.1)
        assert (await rig.store.find("tiny", KIND, one.id)).state is JobState.RUNNING
        machines.trouble = None
        await until(lambda: is_running(rig, "other"))


async def is_running(rig: Rig, model: str) -> bool:
    return states(await rig.all(model)) == [JobState.RUNNING]


async def test_an_attempt_that_was_superseded_is_ended(rig: Rig) -> None:
    machines = Machines(rig.database, ends=False)
    one = await rig.store.create(new_job())
    async with Going(rig.runner(machines, job_grace_s=0.05)):
        await rig.reached(one.id, JobState.RUNNING)
        await rig.set(one.id, state="running", attempt=7, holder="other")

        async def is_ended() -> bool:
            return [(job.id, job.attempt) for job in machines.ended] == [(one.id, 1)]

        await until(is_ended)


async def test_a_row_that_can_t_be_read_ends_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    odd = await rig.store.create(new_job())
    await rig.set(odd.id, parameters={"kind": "retrain", "from_the_future": 1})
    good = await rig.store.create(new_job(model="other"))
    async with Going(rig.runner(Machines(rig.database))):
        await until(lambda: has_fault(caplog))
        async with rig.database.transaction() as connection:
            await connection.execute(delete(JOBS).where(JOBS.c.id == odd.id))

        async def is_over() -> bool:
            return (await rig.store.find("other", KIND, good.id)).state is JobState.SUCCEEDED

        await until(is_over)


async def has_fault(caplog: pytest.LogCaptureFixture) -> bool:
    return any("ValidationError" in message for message in caplog.messages)
