"""A shadow answers copies of requests that no caller sees or waits for; the prediction log has its answers."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from contract.card import VersionCard
from gateway.database.engine import Database
from gateway.errors import ModelServerFailed
from gateway.inference import Probabilities
from gateway.rollout.actions import Announce, Begin, Shadow
from tests.integration.prediction_log.rig import logged, until
from tests.integration.rollout.rig import answered, done, releasing
from tests.unit.gateway.rig import RedServer


class Troubled(RedServer):
    """A model server on which version 2 fails."""

    async def infer(self, card: VersionCard, pictures: Any, timeout_s: float, /) -> Probabilities:
        if card.version == 2:
            raise ModelServerFailed
        return np.asarray(await super().infer(card, pictures, timeout_s))


async def counted(http: Any, outcome: str) -> float:
    start = f'trireme_gateway_shadow_requests_total{{model="tiny",outcome="{outcome}"}} '
    lines = (await http.get("/metrics")).text.splitlines()
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


async def test_a_shadow_answers_a_copy_of_each_request_that_names_no_version(
    repository: Path, url: str, unkept: Database, tmp_path: Path
) -> None:
    await done(unkept, Begin(1), Announce(2), Shadow(2))
    async with releasing(repository, url, log="on", log_spill=tmp_path / "spill") as http:
        for _ in range(3):
            assert await answered(http) == 1
        assert await answered(http, version="1") == 1

        async def are_logged() -> bool:
            return len(await logged(http)) == 7

        await until(are_logged)
        entries = await logged(http)
        assert sorted(entry["version"] for entry in entries) == [1, 1, 1, 1, 2, 2, 2]
        traces = {entry["trace_id"] for entry in entries if entry["version"] == 2}
        assert traces < {entry["trace_id"] for entry in entries if entry["version"] == 1}
        assert await counted(http, "answered") == 3


async def test_a_shadow_that_fails_harms_nobody(repository: Path, url: str, unkept: Database) -> None:
    await done(unkept, Begin(1), Announce(2), Shadow(2))
    async with releasing(repository, url, Troubled()) as http:
        assert [await answered(http) for _ in range(5)] == [1] * 5

        async def have_failed() -> bool:
            return await counted(http, "failed") == 5

        await until(have_failed)


async def test_copies_that_find_no_room_are_dropped_and_callers_are_answered(
    repository: Path, url: str, unkept: Database
) -> None:
    class Stuck(RedServer):
        async def infer(self, card: VersionCard, pictures: Any, timeout_s: float, /) -> Probabilities:
            if card.version == 2:
                await never.wait()
            return np.asarray(await super().infer(card, pictures, timeout_s))

    never = asyncio.Event()
    await done(unkept, Begin(1), Announce(2), Shadow(2))
    async with releasing(repository, url, Stuck(), shadow_queue=1) as http:
        assert [await answered(http) for _ in range(20)] == [1] * 20
        assert await counted(http, "dropped") >= 10
