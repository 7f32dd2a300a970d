"""The keeper: one gateway announces, proves and starts new versions, and makes the world match."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from contract.card import VersionCard
from contract.errors import PoliciesInvalid
from contract.golden import GoldenExamples
from contract.names import ModelVersion
from contract.repository import GOLDEN, ModelRepository
from contract.served import Served
from gateway.database.engine import Database
from gateway.inference import Pixels, Probabilities
from gateway.metrics import Metrics
from gateway.reader import CatalogueReader
from gateway.rollout.actions import Action, Announce, Begin, By, Canary, Prove
from gateway.rollout.events import EventLog, EventsQuery
from gateway.rollout.keeper import LEASE
from gateway.rollout.keeping import ModelKeeper
from gateway.rollout.leases import Leases
from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.smoke import SmokeTest
from gateway.rollout.store import RolloutStore
from gateway.rollout.traffic import Traffic
from gateway.rollout.verdict import Verdict
from gateway.rollout.world import AsServed
from tests.integration.prediction_log.rig import until
from tests.integration.rollout.rig import EVENTS, VERSIONS, answered, done, releasing
from tests.support.versions import CIFAR10, make_version
from tests.unit.gateway.rig import RedServer, check_problem
from trireme.serve.rollout import Rollout
from trireme.settings import TriremeSettings

REDS = (0, 3, 7)
LEASE_S = 2.0


def golden(repository: Path, version: int, *, model: str = "tiny", is_right: bool = True) -> None:
    """Golden examples that the tests' model server answers rightly, or wrongly."""
    pictures = np.zeros((len(REDS), 32, 32, 3), np.uint8)
    pictures[:, 0, 0, 0] = REDS
    answers = np.eye(len(CIFAR10), dtype=np.float32)[[red if is_right else red + 1 for red in REDS]]
    labels = [CIFAR10[red] for red in REDS]
    examples = GoldenExamples(bodies=[b""] * len(REDS), tensors=pictures, probabilities=answers, labels=labels)
    examples.write(ModelRepository(repository).folder(ModelVersion(model, version)) / GOLDEN)


class Laptop:
    """`served.json` as `trireme serve` keeps it, and which versions its model server has."""

    def __init__(self, repository: Path) -> None:
        state = repository.parent / "state"
        self.settings = TriremeSettings(repository=repository, state_dir=state)
        self.world = Rollout(self.settings, obeys=True)
        self.absent: set[ModelVersion] = set()
        self._seen: dict[str, set[int]] = {}
        self.world.wait_for(self.is_there)
        self.world.step()

    def is_there(self, name: ModelVersion) -> bool:
        self._seen.setdefault(name.model, set()).add(name.version)
        return name not in self.absent

    def seen(self, model: str) -> set[int]:
        """The versions that the keeper asked for."""
        return self._seen.get(model, set())

    def served(self) -> list[int]:
        return list(Served.read(self.settings.served).models["tiny"].versions)

    @contextlib.asynccontextmanager
    async def gateway(self, url: str, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        served: dict[str, Any] = {"served": self.settings.served, "refresh_interval_s": 0.05}
        repository = self.settings.repository
        given: dict[str, Any] = {"server": None, **served, **changes}
        async with releasing(repository, url, world=self.world, **given) as http:
            yield http


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    repository = tmp_path / "laptop"
    make_version(repository, "tiny", 1)
    golden(repository, 1)
    return Laptop(repository)


def published(laptop: Laptop, version: int, *, model: str = "tiny", is_right: bool = True) -> None:
    """A new version, which is not visible before it is whole."""
    make_version(laptop.settings.repository.parent / "making", model, version)
    golden(laptop.settings.repository.parent / "making", version, model=model, is_right=is_right)
    name = ModelVersion(model, version).triton_name
    (laptop.settings.repository.parent / "making" / name).rename(laptop.settings.repository / name)


async def states(http: httpx.AsyncClient) -> dict[int, str | None]:
    shown = (await http.get(VERSIONS)).json()
    return {one["version"]: one["state"] for one in shown["versions"]}


def are(http: httpx.AsyncClient, *wanted: str) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return list((await states(http)).values()) == list(wanted)

    return is_so


async def actions(http: httpx.AsyncClient) -> list[tuple[str, int, str]]:
    events = (await http.get(EVENTS)).json()["events"]
    return [(one["action"], one["version"], one["principal"]) for one in reversed(events)]


async def test_a_new_version_is_announced_loaded_proven_and_promoted_by_itself(laptop: Laptop, url: str) -> None:
    async with laptop.gateway(url) as http:
        await until(are(http, "stable"))
        laptop.absent.add(ModelVersion("tiny", 2))
        published(laptop, 2)
        await until(are(http, "stable", "candidate"))
        assert await answered(http) == 1
        laptop.absent.clear()
        await until(are(http, "retired", "stable"))
        assert await answered(http) == 2
        assert await answered(http, version="1") == 1
        assert laptop.served() == [1, 2]
        assert await actions(http) == [
            ("begin", 1, "smoke-test"),
            ("announce", 2, "published"),
            ("prove", 2, "smoke-test"),
            ("promote", 2, "policy"),
        ]
        proof = (await http.get(EVENTS)).json()["events"][1]
        assert proof["numbers"] == {"examples": 3, "other_classes": 0, "max_probability_difference": 0.0}


async def test_a_version_that_fails_its_smoke_test_is_retired_and_answers_nobody(laptop: Laptop, url: str) -> None:
    async with laptop.gateway(url) as http:
        published(laptop, 2, is_right=False)
        await until(are(http, "stable", "retired"))
        assert await answered(http) == 1
        failure = (await http.get(EVENTS)).json()["events"][0]
        assert (failure["action"], failure["numbers"]["other_classes"]) == ("fail", 3)
        check_problem(await http.post(f"{VERSIONS}/2/promote"), 409, "transition-refused")

        async def is_unloaded() -> bool:
            return laptop.served() == [1]

        await until(is_unloaded)


async def test_a_rollback_stays_and_finds_the_version_before_still_loaded(laptop: Laptop, url: str) -> None:
    async with laptop.gateway(url) as http:
        await until(are(http, "stable"))
        published(laptop, 2)
        await until(are(http, "retired", "stable"))
        assert laptop.served() == [1, 2]
        (await http.post("/v1/models/tiny/rollback")).raise_for_status()
        assert await answered(http) == 1
        published(laptop, 3)
        await until(are(http, "retired", "retired", "stable"))
    again = Laptop(laptop.settings.repository)
    async with again.gateway(url) as http:
        assert await answered(http) == 3
        assert (await states(http)) == {1: "retired", 2: "retired", 3: "stable"}


class Slow(RedServer):
    """Takes longer for a version's golden examples than a lease lasts."""

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        found = await super().infer(card, pictures, timeout_s)
        await asyncio.sleep(LEASE_S + 1 if len(found) == len(REDS) else 0)
        return found


async def test_a_version_whose_golden_examples_outlast_the_lease_is_proven(laptop: Laptop, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trireme.db"
    async with laptop.gateway(url, server=Slow(), rollout_lease_s=LEASE_S) as http:
        await until(are(http, "stable"))


@pytest.mark.parametrize(
    ("policy", "wanted", "weight", "shadow"),
    [
        ("{start: canary, weight: 25}", "canary", 25, False),
        ("{start: shadow}", "candidate", 0, True),
        ("{start: wait}", "candidate", 0, False),
    ],
)
async def test_a_policy_says_what_becomes_of_a_new_version(
    laptop: Laptop, tmp_path: Path, *, policy: str, wanted: str, weight: int, shadow: bool
) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(f"models: {{tiny: {policy}}}")
    async with laptop.gateway(f"sqlite:///{tmp_path}/trireme.db", rollout_policies=file) as http:
        await until(are(http, "stable"))
        published(laptop, 2)

        async def is_so() -> bool:
            new = (await http.get(VERSIONS)).json()["versions"][-1]
            found = (new["state"], new["weight"], new["shadow"], new["proven"])
            return found == (wanted, weight, shadow, True)

        await until(is_so)


async def test_a_file_of_policies_that_is_wrong_stops_the_start(laptop: Laptop, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text("models: {tiny: {start: sometimes}}")
    with pytest.raises(PoliciesInvalid, match=r"wrong at models\.tiny\.start"):
        async with laptop.gateway(f"sqlite:///{tmp_path}/trireme.db", rollout_policies=file):
            pass


async def keeps(http: httpx.AsyncClient) -> bool:
    return "trireme_gateway_rollout_keeper 1.0" in (await http.get("/metrics")).text


async def test_one_gateway_keeps_and_another_takes_over_when_it_ends(laptop: Laptop, url: str) -> None:
    async with contextlib.AsyncExitStack() as first:
        one = await first.enter_async_context(laptop.gateway(url))
        await until(lambda: keeps(one))
        async with laptop.gateway(url) as other:
            await until(are(other, "stable"))
            assert not await keeps(other)
            await first.aclose()
            await until(lambda: keeps(other))
            published(laptop, 2)
            await until(are(other, "retired", "stable"))


async def test_a_keeper_that_lost_its_lease_moves_nothing(laptop: Laptop, url: str, database: Any) -> None:
    async with laptop.gateway(url) as http:
        await until(are(http, "stable"))
        leases = Leases(database)

        async def is_taken() -> bool:
            async with database.transaction() as connection:
                await connection.exec_driver_sql("UPDATE leases SET until = 0")
            return await leases.acquire(LEASE, "the test", 10_000) is not None

        await until(is_taken)
        published(laptop, 2)

        async def is_no_keeper() -> bool:
            return not await keeps(http)

        await until(is_no_keeper)
        assert (await states(http)).get(2) is None


async def test_a_new_model_begins_with_its_first_version_that_is_proven(laptop: Laptop, url: str) -> None:
    async with laptop.gateway(url) as http:
        published(laptop, 1, model="other", is_right=False)

        async def is_given_up() -> bool:
            models = Served.read(laptop.settings.served).models
            return "tiny" in models and "other" not in models and 1 in laptop.seen("other")

        await until(is_given_up)
        published(laptop, 2, model="other")

        async def is_begun() -> bool:
            shown = (await http.get("/v1/models/other/versions")).json()
            return [one["state"] for one in shown["versions"]] == ["retired", "stable"]

        await until(is_begun)
        assert (await http.get("/v1/models/other")).json()["stable"] == 2


@pytest.mark.parametrize(
    ("verdict", "weights"),
    [
        (Verdict("promote", "steps", {"errors": 0.0}), {"2": 100}),
        (Verdict("rollback", "errors", {"errors": 9.0}, "too many"), {"1": 100}),
        (None, {"1": 90, "2": 10}),
    ],
)
async def test_a_judge_moves_a_running_canary(
    repository: Path, unkept: Database, verdict: Verdict | None, weights: dict[str, int]
) -> None:
    await done(unkept, Begin(1), Announce(2), Prove(2), Canary(2, 10))
    store = RolloutStore(unkept, Leases(unkept))

    async def judge(model: str, traffic: Traffic) -> Verdict | None:
        assert (model, traffic.weights) == ("tiny", {"1": 90, "2": 10})
        return verdict

    async def apply(model: str, revision: int, action: Action, by: By) -> Traffic:
        return (await store.apply(model, action, by, revision=revision))[0]

    catalogue = CatalogueReader(repository, None, Metrics()).read()
    keeper = ModelKeeper(
        world=AsServed(lambda: catalogue),
        smoke=SmokeTest(repository, RedServer(), timeout_s=30),
        policies=RolloutPolicies(),
        judge=judge,
    )
    await keeper.keep(catalogue.model("tiny"), await store.find("tiny"), apply)
    found = await store.find("tiny")
    assert found is not None
    assert found.weights == weights
    last = (await EventLog(unkept).page("tiny", EventsQuery())).events[0]
    if verdict is not None:
        assert (last.principal, last.numbers, last.note) == (verdict.rule, verdict.numbers, verdict.note)
