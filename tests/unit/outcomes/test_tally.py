"""Counts of what became of inputs, in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.card import VersionCard
from contract.names import ModelVersion
from gateway.errors import ModelServerFailed
from gateway.inference import Pixels, Probabilities
from gateway.metrics import Metrics
from gateway.outcomes.tally import Minute, Tally
from tests.unit.gateway.rig import PREDICT, RedServer, gateway, png
from tests.unit.gateway.test_app import samples


class Failing(RedServer):
    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], _timeout_s: float, /) -> Probabilities:
        raise ModelServerFailed


NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_minutes_and_versions_are_counted_apart() -> None:
    clock = Clock()
    tally = Tally(clock)
    for second, version, is_answered in ((0, 1, True), (59, 1, False), (59, 2, True), (60, 1, True)):
        clock.now = NOON + timedelta(seconds=second)
        tally.add("tiny", version, is_answered=is_answered)
    assert tally.counts() == {
        Minute(NOON, "tiny", 1): (2, 1),
        Minute(NOON, "tiny", 2): (1, 0),
        Minute(NOON + timedelta(minutes=1), "tiny", 1): (1, 0),
    }


def test_the_current_minute_is_not_forgotten() -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.add("tiny", 1, is_answered=True)
    tally.forget(tally.counts())
    assert len(tally.counts()) == 1
    clock.now += timedelta(minutes=1)
    tally.forget(tally.counts())
    assert tally.counts() == {}


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    clock = Clock()
    tally = Tally(clock, most=3)
    for _ in range(10):
        tally.add("tiny", 1, is_answered=True)
        clock.now += timedelta(minutes=1)
    assert [minute.start for minute in tally.counts()] == [NOON + timedelta(minutes=late) for late in (7, 8, 9)]


async def test_what_a_version_answers_and_fails_is_counted(repository: Path) -> None:
    for server, outcome in ((RedServer(), "answered"), (Failing(), "failed")):
        async with gateway(repository, server) as http:
            await http.post(PREDICT, content=png((1, 0, 0)))
            # No picture: the version is never asked.
            await http.post(PREDICT, content=b"x")
            found = samples((await http.get("/metrics")).text)
        counted = {labels: n for (name, labels), n in found.items() if name == "trireme_gateway_answers_total"}
        assert counted == {f"model=tiny,outcome={outcome},version=2": 1}


@pytest.mark.parametrize("is_answered", [True, False])
def test_the_metric_and_the_tally_count_alike(is_answered: bool) -> None:
    metrics = Metrics()
    metrics.count_answer(ModelVersion("tiny", 3), is_answered=is_answered)
    (outcomes,) = metrics.tally.counts().values()
    assert outcomes == (1, 0 if is_answered else 1)
