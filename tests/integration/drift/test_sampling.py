"""What is read of a log with more predictions than a look reads."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contract.drift.sampling import PAGE, SLICES
from contract.moments import Span
from contract.names import ModelVersion
from contract.repository import ModelRepository
from gateway.database.engine import Database
from gateway.drift.detector import MAX_WAITING, DriftDetector
from gateway.drift.sampling import sample
from gateway.errors import Overloaded
from gateway.metrics import Metrics
from gateway.prediction_log.ids import lowest_id
from gateway.prediction_log.inserting import insert
from gateway.prediction_log.lines import document
from tests.support.drifting import rows, sent
from tests.unit.gateway.rig import settings
from tests.unit.prediction_log.rig import entry

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = Span(START, START + timedelta(hours=1))
CREDIT = ModelVersion("credit", 1)


async def fill(database: Database, count: int, **changes: object) -> None:
    """So many predictions at even steps of the hour, numbered by `row_id`."""
    given = {"model": "credit", "label": "good", **changes}
    documents = []
    for number in range(count):
        moment = START + timedelta(hours=1) * number / count
        own = UUID(int=UUID(lowest_id(moment)).int | 0x7000_8000_0000_0000_0000 | number)
        features = {"age": number, "income": 1}
        documents.append(document(entry(**{"id": str(own), "features": features, "row_id": str(number), **given})))
    await insert(database, documents)


def ages(found: list[str | None]) -> list[int]:
    return [int(text.split(":")[1].split(",")[0]) for text in found if text is not None]


async def test_all_of_a_time_is_read_page_by_page(database: Database) -> None:
    await fill(database, 2 * PAGE + 7)
    found = await sample(database, CREDIT, HOUR, 10_000)
    assert not found.is_sample
    assert ages(found.features) == list(range(2 * PAGE + 7))


async def test_of_more_a_sample_is_spread_over_the_time(database: Database) -> None:
    await fill(database, 2_000)
    found = await sample(database, CREDIT, HOUR, 500)
    assert found.is_sample
    assert len(found.labels) == 500
    read = ages(found.features)
    assert read == sorted(set(read))
    per_slice = 2_000 // SLICES
    assert {age // per_slice for age in read} == set(range(SLICES))


async def test_exactly_as_many_as_are_read_are_no_sample(database: Database) -> None:
    await fill(database, 500)
    found = await sample(database, CREDIT, HOUR, 500)
    assert (found.is_sample, len(found.labels)) == (False, 500)


@pytest.mark.parametrize("other", [{"version": 2}, {"model": "tiny"}, {"kind": "file"}])
async def test_other_versions_and_files_are_left_out(database: Database, other: dict[str, object]) -> None:
    await fill(database, 50, **other)
    assert not (await sample(database, CREDIT, HOUR, 500)).labels


async def test_a_time_without_its_end(database: Database) -> None:
    await fill(database, 60)
    half = Span(START, START + timedelta(minutes=30))
    assert ages((await sample(database, CREDIT, half, 500)).features) == list(range(30))


async def test_a_look_at_a_sample_says_so_and_finds_what_moved(database: Database, repository: Path) -> None:
    card = ModelRepository(repository).card(CREDIT)
    documents = []
    for number, row in enumerate(sent(rows(1_000, 4))):
        own = UUID(int=UUID(lowest_id(START + timedelta(seconds=3.6 * number))).int | 0x7000_8000_0000_0000_0000)
        features = {name: value for name, value in row.items() if name != "key"} | {"employed": False}
        documents.append(document(entry(id=str(own), model="credit", label="good", features=features)))
    await insert(database, documents)
    detector = DriftDetector(database, settings(repository, drift_rows=500), Metrics().drift)
    found = await detector.look(card, HOUR)
    assert (found.is_sample, found.predictions, found.drifted) == (True, 500, 1)
    assert {one.name: one.verdict for one in found.features}["employed"] == "major"


async def test_only_so_many_wait_for_a_look(database: Database, repository: Path) -> None:
    detector = DriftDetector(database, settings(repository), Metrics().drift)
    card = ModelRepository(repository).card(CREDIT)
    async with detector._alone:
        waiting = [detector.look(card, HOUR) for _ in range(MAX_WAITING)]
        tasks = [asyncio.create_task(one) for one in waiting]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await detector.look(card, HOUR)
    assert [(await task).predictions for task in tasks] == [0] * MAX_WAITING
