"""The traffic of models in the database: one transaction, an optimistic lock, a fence, and a history."""

import asyncio
from collections.abc import Awaitable

import pytest

from contract.errors import TriremeError
from gateway.database.engine import Database
from gateway.rollout.actions import Announce, Begin, By, Promote, Prove
from gateway.rollout.errors import LeaseLost, RolloutConflict, TransitionRefused
from gateway.rollout.events import EventLog, EventsQuery
from gateway.rollout.holding import Holding
from gateway.rollout.leases import Lease, Leases
from gateway.rollout.store import RolloutStore
from gateway.rollout.traffic import VersionState

ANNA = By("user:anna", "because", {"accuracy": 0.9})
LONG = 1000.0


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database)


@pytest.fixture
def store(database: Database, leases: Leases) -> RolloutStore:
    return RolloutStore(database, leases)


async def acquired(leases: Leases, holder: str, seconds: float = LONG) -> Lease:
    lease = await leases.acquire("keeper", holder, seconds)
    assert lease is not None
    return lease


async def test_a_change_is_written_with_its_event_or_not_at_all(store: RolloutStore, database: Database) -> None:
    await store.apply("tiny", Begin(1), ANNA)
    await store.apply("tiny", Announce(2), ANNA)
    with pytest.raises(TransitionRefused):
        await store.apply("tiny", Promote(2), ANNA)
    await store.apply("other", Begin(1), ANNA)
    found = await store.find("tiny")
    assert found is not None
    assert (found.revision, found.weights) == (2, {"1": 100})
    assert (await store.all())["tiny"] == found
    page = await EventLog(database).page("tiny", EventsQuery())
    assert [(one.action, one.version, one.revision) for one in page.events] == [("announce", 2, 2), ("begin", 1, 1)]
    newest = page.events[0]
    assert (newest.principal, newest.note, newest.numbers) == ("user:anna", "because", {"accuracy": 0.9})
    assert (newest.from_state, newest.to_state) == (None, VersionState.CANDIDATE)
    assert newest.weights == {"1": 100}


async def test_events_come_page_by_page_the_newest_first(store: RolloutStore, database: Database) -> None:
    await store.apply("tiny", Begin(1), ANNA)
    for version in range(2, 7):
        await store.apply("tiny", Announce(version), ANNA)
    log, seen, cursor = EventLog(database), list[int](), None
    while True:
        page = await log.page("tiny", EventsQuery(limit=2, cursor=cursor))
        seen += [event.version for event in page.events]
        if (cursor := page.next) is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1]
    assert {version: event.revision for version, event in (await log.last("tiny")).items()}[4] == 4


async def test_a_revision_that_is_not_the_current_one_is_a_conflict(store: RolloutStore) -> None:
    await store.apply("tiny", Begin(1), ANNA)
    await store.apply("tiny", Announce(2), ANNA, revision=1)
    with pytest.raises(RolloutConflict, match="revision is 2, not 1"):
        await store.apply("tiny", Announce(3), ANNA, revision=1)


async def outcome(work: Awaitable[object]) -> str:
    try:
        await work
    except TriremeError as error:
        return error.code
    return "done"


async def test_of_many_at_once_each_is_done_wholly_or_refused(store: RolloutStore, database: Database) -> None:
    await store.apply("tiny", Begin(1), ANNA)
    came = await asyncio.gather(*(outcome(store.apply("tiny", Announce(2 + n), ANNA)) for n in range(5)))
    assert set(came) <= {"done", "rollout-conflict"}
    found = await store.find("tiny")
    assert found is not None
    assert found.revision == 1 + came.count("done") == len(found.versions)
    events = (await EventLog(database).page("tiny", EventsQuery())).events
    assert [event.revision for event in events] == list(range(found.revision, 0, -1))
    begun = await asyncio.gather(*(outcome(store.apply("other", Begin(1), ANNA)) for _ in range(3)))
    assert begun.count("done") == 1
    assert set(begun) <= {"done", "rollout-conflict", "transition-refused"}


async def test_a_lease_has_one_holder_until_it_is_over_or_given_back(leases: Leases) -> None:
    first = await acquired(leases, "a")
    assert await acquired(leases, "a") == first
    assert await leases.acquire("keeper", "b", LONG) is None
    await leases.release(first)
    second = await acquired(leases, "b", 0.05)
    assert (second.holder, second.token) == ("b", first.token + 1)
    await asyncio.sleep(0.2)
    assert (await acquired(leases, "c")).token == second.token + 1


async def test_who_lost_the_lease_changes_nothing(store: RolloutStore, leases: Leases) -> None:
    old = await acquired(leases, "a", 0.05)
    await asyncio.sleep(0.2)
    with pytest.raises(LeaseLost):
        await store.apply("tiny", Begin(1), ANNA, lease=old)
    new = await acquired(leases, "b")
    with pytest.raises(LeaseLost):
        await store.apply("tiny", Begin(1), ANNA, lease=old)
    assert await store.find("tiny") is None
    await store.apply("tiny", Begin(1), ANNA, lease=new)
    await store.apply("tiny", Announce(2), ANNA, lease=new)
    await store.apply("tiny", Prove(2), ANNA, lease=new)


async def test_two_that_ask_at_once_have_one_lease(leases: Leases) -> None:
    found = await asyncio.gather(*(leases.acquire("keeper", name, LONG) for name in "abc"))
    assert len([lease for lease in found if lease is not None]) == 1


async def test_who_slept_through_the_end_of_a_lease_knows_that_it_is_lost(leases: Leases) -> None:
    holding = Holding(leases, "keeper", "a", seconds=0.05)
    await holding.take()
    assert holding.is_held
    await asyncio.sleep(0.2)
    with pytest.raises(LeaseLost):
        holding.check()


async def test_a_lease_that_another_one_took_in_the_middle_of_work_is_lost(leases: Leases, database: Database) -> None:
    holding = Holding(leases, "keeper", "a", seconds=1)
    await holding.take()
    async with holding.prolonged():
        async with database.transaction() as connection:
            await connection.exec_driver_sql("UPDATE leases SET holder = 'b', token = token + 1")
        async with asyncio.timeout(60):
            while holding.is_held:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)


async def test_a_lease_is_prolonged_while_work_goes_on(leases: Leases) -> None:
    holding = Holding(leases, "keeper", "a", seconds=6)
    await holding.take()
    async with holding.prolonged():
        await asyncio.sleep(7)
        assert await leases.acquire("keeper", "b", LONG) is None
        holding.check()
    await holding.give_back()
    assert (await acquired(leases, "b")).holder == "b"
