"""The judge at work: a gateway's own answers decide about its canary."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.card import VersionCard
from gateway.database.engine import Database
from gateway.errors import ModelServerFailed
from gateway.inference import Pixels, Probabilities
from gateway.outcomes import flushing
from gateway.rollout.actions import Announce, Begin, Canary, Prove
from tests.integration.prediction_log.rig import until
from tests.integration.rollout.rig import EVENTS, VERSIONS, done, releasing
from tests.integration.rollout.test_keeper import golden
from tests.unit.gateway.rig import PREDICT, RedServer, check_problem, png

CANARY = "/v1/models/tiny/canary"
PATIENT = "judge: {min_samples: 100000}"
EASY = (
    "judge: {min_samples: 120, min_duration_s: 0, max_error_increase_points: 40, max_latency_ratio: 1000,"
    " min_agreement: 0}"
)


class Breaking(RedServer):
    """A server whose version 2 fails."""

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        if card.version == 2:
            raise ModelServerFailed
        return await super().infer(card, pictures, timeout_s)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "EVERY_S", 0.1)


@pytest.fixture
def gateway(repository: Path, url: str, tmp_path: Path) -> Callable[..., Any]:
    for version in (1, 2):
        golden(repository, version)

    def opened(policy: str, server: Any = None) -> Any:
        file = tmp_path / "policies.yaml"
        file.write_text(f"models: {{tiny: {{start: wait, {policy}}}}}")
        # Nothing else than the traffic says what is served.
        return releasing(repository, url, server, rollout_policies=file, rollout_judge_interval_s=0.1, log="on")

    return opened


async def ask(http: httpx.AsyncClient, count: int) -> dict[int, int]:
    """Ask without naming a version; how many answers each version gave, and under 0 how many failed."""
    answers = await asyncio.gather(*(http.post(PREDICT, content=png((1, 0, 0))) for _ in range(count)))
    return dict(Counter(one.json()["version"] if one.status_code == 200 else 0 for one in answers))


async def begun(database: Database) -> None:
    await done(database, Begin(1), Announce(2), Prove(2), Canary(2, 50))


async def last(http: httpx.AsyncClient) -> dict[str, Any]:
    event: dict[str, Any] = (await http.get(EVENTS)).json()["events"][0]
    return event


def is_done(http: httpx.AsyncClient, action: str) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return bool((await last(http))["action"] == action)

    return is_so


async def test_a_canary_that_fails_is_rolled_back_at_once_on_its_numbers(gateway: Any, database: Database) -> None:
    await begun(database)
    async with gateway(PATIENT, Breaking()) as http:
        assert (await ask(http, 40)).keys() == {0, 1}
        await until(is_done(http, "rollback"))
        event = await last(http)
        assert (event["version"], event["principal"], event["to_state"]) == (2, "judge:crash", "retired")
        assert event["numbers"]["errors.canary"] == 1
        assert event["note"]
        assert await ask(http, 20) == {1: 20}
        check_problem(await http.get(CANARY), 404, "canary-missing")


async def test_a_canary_as_good_as_the_stable_version_is_promoted(gateway: Any, database: Database) -> None:
    await begun(database)
    async with gateway(EASY) as http:
        # A 95th percentile has no upper bound from fewer.
        for _ in range(4):
            assert (await ask(http, 300)).keys() == {1, 2}
        await until(is_done(http, "promote"))
        event = await last(http)
        assert (event["version"], event["principal"]) == (2, "judge:criteria")
        assert event["numbers"]["errors.high"] < 40
        assert await ask(http, 20) == {2: 20}


async def test_without_a_policy_people_decide_and_see_the_same_numbers(gateway: Any, database: Database) -> None:
    await begun(database)
    async with gateway("weight: 10", Breaking()) as http:
        await ask(http, 60)

        async def is_counted() -> bool:
            return bool((await http.get(CANARY)).json()["effects"]["effects"][0]["canary_samples"] >= 5)

        await until(is_counted)
        found = (await http.get(CANARY)).raise_for_status().json()
        assert (found["judged"], found["verdict"]["decision"]) == (False, "rollback")
        effect = found["effects"]["effects"][0]
        assert (effect["measure"], effect["canary"], effect["stable"]) == ("error rate", 1.0, 0.0)
        assert (await http.get(VERSIONS)).json()["versions"][1]["state"] == "canary"


async def test_a_canary_that_nobody_asked_yet_waits(gateway: Any, database: Database) -> None:
    async with gateway(PATIENT) as http:
        check_problem(await http.get(CANARY), 404, "canary-missing")
        await begun(database)
        found = (await http.get(CANARY)).raise_for_status().json()
        assert (found["judged"], found["verdict"]["decision"]) == (True, "wait")
        assert found["effects"]["effects"][0]["points"] is None
