"""The numbers about a canary, in both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, select

from gateway.database.engine import Database
from gateway.database.schema import METADATA
from gateway.history.feedback import give
from gateway.judge.evidence import Count, Evidence
from gateway.judge.policy import JudgePolicy
from gateway.judge.reading import SAMPLE, read_evidence
from gateway.judge.rule import judge
from gateway.outcomes.flushing import KEPT, Flushing, flushed
from gateway.outcomes.tables import VERSION_OUTCOMES
from gateway.outcomes.tally import Tally
from gateway.prediction_log.entry import Entry
from gateway.prediction_log.inserting import insert
from gateway.prediction_log.lines import document
from tests.integration.prediction_log.test_database import at, history

MINUTE = timedelta(minutes=1)
SINCE = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
LABELS = ("cat", "dog")
NOW = SINCE + 20 * MINUTE


class Clock:
    now = SINCE

    def __call__(self) -> datetime:
        return self.now


async def put(database: Database, entries: Iterator[Entry]) -> None:
    await insert(database, [document(one) for one in entries])


def made(version: int, count: int, moment: datetime = SINCE + MINUTE, **changes: Any) -> Iterator[Entry]:
    """Predictions a millisecond apart, of inputs and requests of their own."""
    for number in range(count):
        own = {"input_digest": f"{number:064x}", "trace_id": f"{number + 1:032x}", **changes}
        yield at(moment + timedelta(milliseconds=number), version=version, **own)


async def tell(database: Database, version: int, answered: int, failed: int, moment: datetime = SINCE) -> None:
    clock = Clock()
    clock.now = moment
    tally = Tally(clock)
    for number in range(answered + failed):
        tally.add("tiny", version, is_answered=number < answered)
    await Flushing(database, tally).flush()


async def read(database: Database) -> Evidence:
    return await read_evidence(database, "tiny", canary=2, stable=1, since=SINCE, now=NOW)


async def test_nothing_is_known_of_a_canary_that_just_began(database: Database) -> None:
    found = await read(database)
    assert found.duration_s == 1200
    assert found.canary.errors == found.stable.errors == found.agreement == Count(0, 0)
    assert judge(found, JudgePolicy()).decision == "wait"


async def test_errors_are_those_of_all_gateways_since_the_canary_s_minute(database: Database) -> None:
    await tell(database, 2, 90, 10)
    await tell(database, 2, 45, 5, SINCE + MINUTE)
    await tell(database, 1, 900, 0)
    await tell(database, 2, 0, 99, SINCE - MINUTE)
    found = await read(database)
    assert found.canary.errors == Count(15, 150)
    assert found.stable.errors == Count(0, 900)


async def test_latencies_labels_and_confidence_are_those_of_its_own_time(database: Database) -> None:
    await put(database, made(2, 40, latency_ms=7.5, probability=0.5))
    await put(
        database, made(2, 10, label="dog", latency_ms=9.0, probability=1.0, moment=SINCE + 2 * MINUTE, trace_id="a")
    )
    await put(database, made(2, 5, latency_ms=99.0, moment=SINCE - MINUTE))
    await put(database, made(1, 3, latency_ms=4.0))
    await put(database, made(1, 1, kind="file", label=None, probability=None, probabilities=None, latency_ms=5000.0))
    found = await read(database)
    assert found.canary.labels == {"cat": 40, "dog": 10}
    assert found.canary.confidence == 0.6
    # Ten of them came in one request.
    assert sorted(found.canary.latencies_ms) == [7.5] * 40 + [9.0]
    assert found.stable.latencies_ms == [4.0] * 3


async def test_inputs_that_both_answered_are_compared_by_decision_where_there_is_one(database: Database) -> None:
    await put(database, made(1, 30))
    await put(database, made(2, 20))
    await put(database, made(1, 5, label="cat", decision="yes", moment=SINCE + 2 * MINUTE))
    await put(database, made(2, 5, label="dog", decision="yes", moment=SINCE + 2 * MINUTE))
    await put(database, made(2, 1, label="dog", moment=SINCE + 3 * MINUTE))
    await put(database, made(2, 9, input_digest=None))
    # The newest answer to an input counts: of the five, one was asked again.
    assert (await read(database)).agreement == Count(19, 20)


async def test_accuracy_is_by_the_last_feedback(database: Database) -> None:
    ours, theirs = list(made(2, 4)), list(made(1, 2))
    before = list(made(2, 1, moment=SINCE - MINUTE))
    await put(database, iter([*ours, *theirs, *before]))
    past = history(database)
    for one, label in ((ours[0], "cat"), (ours[1], "dog"), (ours[1], "cat"), (ours[2], "dog"), (theirs[0], "cat")):
        await give(database, await past.find(one.id), label, LABELS, "local:local")
    await give(database, await past.find(before[0].id), "dog", LABELS, "local:local")
    found = await read(database)
    assert found.canary.correct == Count(2, 3)
    assert found.stable.correct == Count(1, 1)


async def test_only_so_many_predictions_are_looked_at_and_those_are_the_newest(database: Database) -> None:
    await put(database, made(2, 10, latency_ms=50.0))
    await put(database, made(2, SAMPLE, moment=SINCE + 2 * MINUTE))
    assert set((await read(database)).canary.latencies_ms) == {1.5}


async def test_a_bad_canary_is_seen_in_the_log_and_rolled_back(database: Database) -> None:
    await tell(database, 2, 480, 120)
    await tell(database, 1, 5400, 2)
    await put(database, made(2, 480))
    await put(database, made(1, 1000))
    found = judge(await read(database), JudgePolicy())
    assert (found.decision, found.rule) == ("rollback", "criteria")
    assert found.sentence.startswith("120 of 600 answers of the canary failed")


async def rows(database: Database) -> list[tuple[int, int]]:
    columns = VERSION_OUTCOMES.c
    async with database.transaction() as connection:
        found = await connection.execute(select(columns.answers, columns.errors).order_by(columns.minute))
        return [(row.answers, row.errors) for row in found]


async def test_a_minute_is_one_row_however_often_it_is_written(database: Database) -> None:
    clock = Clock()
    tally = Tally(clock)
    flushing = Flushing(database, tally)
    for _ in range(3):
        tally.add("tiny", 1, is_answered=False)
        await flushing.flush()
        await flushing.flush()
    clock.now += MINUTE
    tally.add("tiny", 1, is_answered=True)
    await flushing.flush()
    assert await rows(database) == [(3, 3), (1, 0)]
    assert len(tally.counts()) == 1


async def test_old_counts_are_deleted_and_the_last_ones_written_at_the_end(database: Database) -> None:
    await tell(database, 1, 1, 0, datetime.now(UTC) - KEPT - MINUTE)
    tally = Tally()
    async with flushed(database, tally):
        tally.add("tiny", 1, is_answered=False)
    assert await rows(database) == [(1, 1)]


async def test_the_table_is_what_the_migrations_make(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {
            "include_name": lambda name, kind, _: kind != "table" or name == VERSION_OUTCOMES.name,
            "compare_type": True,
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        return [one for one in found if VERSION_OUTCOMES.name in str(one)]

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(select(func.count()).select_from(VERSION_OUTCOMES))).scalar_one() == 0
