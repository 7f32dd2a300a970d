"""What the log asks of both databases."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, func, select, table
from sqlalchemy.exc import IntegrityError

from gateway.database.engine import Database
from gateway.database.schema import METADATA
from gateway.errors import RequestInvalid
from gateway.history.errors import FeedbackFull, FeedbackInvalid
from gateway.history.feedback import MOST, give
from gateway.history.query import PageQuery, StatisticsQuery
from gateway.history.reading import History
from gateway.history.statistics import statistics
from gateway.identifiers import Identifiers
from gateway.prediction_log.entry import Entry
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.inserting import insert
from gateway.prediction_log.journal import Journal
from gateway.prediction_log.lines import document, line
from gateway.prediction_log.metrics import LogMetrics
from gateway.prediction_log.partitions import partitions
from gateway.prediction_log.shipper import Shipper
from gateway.prediction_log.shipping import Shipping
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS
from gateway.prediction_log.upkeep import Upkeep
from tests.unit.prediction_log.rig import entry

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def at(moment: datetime, **changes: Any) -> Entry:
    """An entry of a moment."""
    own = lowest_id(moment)[:14] + Identifiers().prediction_id()[14:]
    return entry(id=own, time=moment, **changes)


async def put(database: Database, *entries: Entry) -> int:
    return await insert(database, [document(one) for one in entries])


async def ids(database: Database) -> list[str]:
    async with database.transaction() as connection:
        return list((await connection.execute(select(PREDICTIONS.c.id).order_by(PREDICTIONS.c.id))).scalars())


def history(database: Database) -> History:
    # Without shipping: everything is in the database.
    return History(database, cast("Shipping", None))


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        names = {PREDICTIONS.name, FEEDBACK.name}
        options = {"include_name": lambda name, kind, _: kind != "table" or name in names, "compare_type": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        return [one for one in found if any(name in str(one) for name in names)]

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_an_entry_is_kept_as_it_was_and_once(database: Database) -> None:
    full = entry(
        kind="row",
        decision="bad",
        band="C",
        row_id="k'1\N{GREEK SMALL LETTER ALPHA}",
        features={"age": 31, "x": None},
        summary=None,
    )
    file = entry(kind="file", label=None, probability=None, probabilities=None, summary={"rows": 3, "labels": {"a": 1}})
    assert await put(database, full, file) == 2
    assert await put(database, full, file, entry()) == 1
    for one in (full, file):
        found = dict(await history(database).find(one.id))
        assert found.pop("feedback") is None
        assert found.pop("feedback_history") == []
        assert found == {name: getattr(one, name) for name in found}
        assert found["time"].utcoffset() == timedelta(0)


async def test_what_the_database_refuses_is_set_aside_and_the_rest_is_shipped(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    journal, metrics = Journal(folder, max_bytes=10**6), LogMetrics(CollectorRegistry())
    good, bad = [entry() for _ in range(20)], [entry(model=None), entry(principal=None)]
    mixed = [*good[:7], bad[0], *good[7:15], bad[1], *good[15:]]
    journal.append(b"".join(line(document(one)) for one in mixed), sync=False)
    journal.end_segment()
    await Shipper(database, tmp_path / "rejected", metrics).ship(journal)
    assert await ids(database) == sorted(one.id for one in good)
    assert (tmp_path / "rejected").read_bytes().splitlines() == [document(one) for one in bad]
    assert (journal.size, metrics.lost.labels("rejected")._value.get(), metrics.shipped._value.get()) == (0, 2, 20)


async def test_pages_follow_each_other_whatever_is_added_meanwhile(database: Database) -> None:
    given = [entry() for _ in range(7)]
    await put(database, *given)
    seen, cursor = [], None
    while True:
        page = await history(database).page(PageQuery(limit=3, cursor=cursor))
        seen += [one.id for one in page.predictions]
        await put(database, entry())
        cursor = page.next
        if cursor is None:
            break
    assert seen == sorted((one.id for one in given), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA", "\N{SNOWMAN}", "=" * 64])
async def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(RequestInvalid):
        PageQuery(cursor=cursor).before()


async def test_each_filter_filters(database: Database) -> None:
    given = [
        at(NOW, model="a", version=1, label="cat", decision="yes"),
        at(NOW + DAY, model="a", version=2, label="dog", decision="no"),
        at(NOW + 2 * DAY, model="b", version=1, label="cat", decision=None),
    ]
    await put(database, *given)

    async def found(**filters: Any) -> list[int]:
        page = await history(database).page(PageQuery(**filters))
        return [[one.id for one in given].index(one.id) for one in page.predictions]

    assert await found() == [2, 1, 0]
    assert await found(model="a") == [1, 0]
    assert await found(version=1) == [2, 0]
    assert await found(label="dog") == [1]
    assert await found(decision="yes") == [0]
    assert await found(since=NOW + DAY) == [2, 1]
    assert await found(until=NOW + DAY) == [0]
    assert await found(model="a' OR 1=1 --") == []
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert await found(since=first, until=last) == [2, 1, 0]
    assert await found(since=last) == []


async def test_statistics_count_by_version_and_time_and_leave_files_out(database: Database) -> None:
    first = [at(NOW + timedelta(seconds=n), latency_ms=float(n + 1)) for n in range(100)]
    second = [at(NOW + timedelta(hours=1), version=2, label="dog", decision="dog", latency_ms=5.0)]
    await put(database, *first, *second, at(NOW, kind="file", label=None, latency_ms=1e6))
    found = await statistics(
        database, StatisticsQuery(since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=2), bucket_s=3600)
    )
    assert (found.predictions, found.bucket_s) == (101, 3600)
    one, two = found.versions
    assert (one.version, one.predictions, one.labels, one.decisions) == (1, 100, {"cat": 100}, {})
    assert (two.version, two.predictions, two.labels, two.decisions) == (2, 1, {"dog": 1}, {"dog": 1})
    expected = (50.5, 95.05, 99.01) if database.is_postgresql else (50, 95, 99)
    assert (one.latency_ms.p50, one.latency_ms.p95, one.latency_ms.p99) == pytest.approx(expected)
    assert [(bucket.start, bucket.predictions) for bucket in found.buckets] == [
        (NOW, 100),
        (NOW + timedelta(hours=1), 1),
    ]
    assert found.buckets[1].latency_ms.p99 == 5.0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": NOW, "until": NOW}, "query.since"),
        ({"since": NOW - 30 * DAY, "until": NOW, "bucket_s": 60}, "query.bucket_s"),
        ({"until": datetime(1, 1, 1, 10, tzinfo=timezone(-23 * HOUR))}, "query.since"),
        ({"until": datetime(1, 1, 1, tzinfo=timezone(14 * HOUR))}, "query.since"),
    ],
)
async def test_statistics_refuse_what_has_no_answer(database: Database, query: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestInvalid, match=field):
        await statistics(database, StatisticsQuery(**query))


async def test_statistics_of_any_time_have_few_buckets(database: Database) -> None:
    await put(database, entry())
    for since in (datetime.min.replace(tzinfo=UTC), datetime.now(UTC) - timedelta(seconds=2)):
        found = await statistics(database, StatisticsQuery(since=since))
        assert found.predictions == 1
        assert found.bucket_s >= 1


async def test_the_last_feedback_counts_and_what_was_said_before_stays(database: Database) -> None:
    right, wrong, silent = (entry(decision="dog") for _ in range(3))
    await put(database, right, wrong, silent)
    for one, label in ((right, "dog"), (right, "cat"), (right, "cat"), (wrong, "dog")):
        await give(database, await history(database).find(one.id), label, ["cat", "dog"], "key:k")
    found = await history(database).find(right.id)
    assert [said.label for said in found.feedback_history] == ["dog", "cat"], "the same again is not noted"
    assert found.feedback == found.feedback_history[-1]
    (version,) = (await statistics(database, StatisticsQuery())).versions
    assert version.live.model_dump() == {"feedback": 2, "correct": 1, "accuracy": 0.5, "decisions_correct": 1}
    page = await history(database).page(PageQuery())
    assert [one.feedback and one.feedback.label for one in page.predictions] == [
        {right.id: "cat", wrong.id: "dog"}.get(one.id) for one in page.predictions
    ]


async def test_feedback_is_one_of_the_labels_about_one_prediction_and_bounded(database: Database) -> None:
    one, file = entry(), entry(kind="file", label=None)
    await put(database, one, file)
    with pytest.raises(FeedbackInvalid, match="label"):
        await give(database, await history(database).find(one.id), "cow", ["cat", "dog"], "key:k")
    with pytest.raises(FeedbackInvalid, match="file"):
        await give(database, await history(database).find(file.id), "cat", ["cat", "dog"], "key:k")
    async with database.transaction() as connection:
        said = {"prediction_id": one.id, "label": "cat", "time": NOW, "principal": "key:k"}
        await connection.execute(FEEDBACK.insert(), [said] * MOST)
    with pytest.raises(FeedbackFull):
        await give(database, await history(database).find(one.id), "dog", ["cat", "dog"], "key:k")


async def test_what_is_old_is_deleted_with_its_feedback(database: Database) -> None:
    old = [at(NOW - 91 * DAY - timedelta(seconds=n)) for n in range(2500)]
    young = [at(NOW - 90 * DAY), at(NOW)]
    for start in range(0, len(old), 500):
        await put(database, *old[start : start + 500])
    await put(database, *young)
    for one in (old[0], young[0]):
        await give(database, await history(database).find(one.id), "cat", ["cat"], "key:k")
    await Upkeep(database, timedelta(days=90)).tidy(NOW)
    assert await ids(database) == [one.id for one in young]
    async with database.transaction() as connection:
        assert await connection.scalar(select(FEEDBACK.c.prediction_id)) == young[0].id
        assert await connection.scalar(select(func.count()).select_from(FEEDBACK)) == 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_days_have_partitions_ahead_of_time_and_lose_them_when_their_time_is_over(database: Database) -> None:
    upkeep = Upkeep(database, timedelta(days=2))
    await upkeep.tidy(NOW)
    await upkeep.tidy(NOW)

    async def days() -> dict[str, int]:
        async with database.transaction() as connection:
            names = ["predictions_default", *(name for name, _ in await partitions(connection))]
            counts = [await connection.scalar(select(func.count()).select_from(table(name))) for name in names]
            return {name: count or 0 for name, count in zip(names, counts, strict=True)}

    end = NOW.replace(hour=23, minute=59, second=59, microsecond=999_000)
    await put(database, at(end), at(end + timedelta(milliseconds=1)), at(NOW + 30 * DAY))
    found = await days()
    assert set(found) == {"predictions_default", *(f"predictions_202603{day:02d}" for day in (9, 10, 11, 12, 13))}
    assert {name for name, rows in found.items() if rows} == {
        "predictions_default",
        "predictions_20260310",
        "predictions_20260311",
    }
    await upkeep.tidy(NOW + 3 * DAY)
    assert "predictions_20260310" not in await days()
    assert len(await ids(database)) == 2


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_day_whose_entries_came_before_its_partition_is_served_all_the_same(database: Database) -> None:
    await put(database, at(NOW))
    await Upkeep(database, timedelta(days=2)).tidy(NOW)
    assert len(await ids(database)) == 1
    async with database.transaction() as connection:
        assert "predictions_20260311" in [name for name, _ in await partitions(connection)]


async def test_a_row_without_what_it_needs_cannot_be_there(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.transaction() as connection:
            await connection.execute(PREDICTIONS.insert().values(id=entry().id))
