"""Triton, the gateway and the database are killed in the middle of each transition, while callers never stop asking."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.rollout.kills import (
    Scene,
    kill_database,
    kill_gateway,
    kill_triton,
    outage,
    scene_of,
    written,
)
from tests.support.postgres import Postgres

TRANSITIONS = ("publish", "canary", "weight", "promote", "rollback", "shadow")
SEED = 9
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Postgres() as postgres, scene_of(tmp_path_factory.mktemp("scene"), postgres) as scene:
        yield scene


def do(scene: Scene, transition: str, version: int) -> None:
    """Begin a transition of a version."""
    match transition:
        case "publish":
            scene.publish(version)
        case "canary":
            scene.post(f"versions/{version}/canary", weight=30)
        case "weight":
            scene.post(f"versions/{version}/canary", weight=70)
        case "rollback":
            scene.post("rollback")
        case _:
            scene.post(f"versions/{version}/{transition}")


def outcome(transition: str) -> dict[str, object]:
    """What is to be seen of the version once all that follows from its transition has happened."""
    weight = {"canary": 30, "weight": 70, "promote": 100}.get(transition, 0)
    state = {"promote": "stable", "rollback": "retired", "retire": "retired"}.get(transition)
    state = state or ("canary" if weight else "candidate")
    return {"state": state, "weight": weight, "shadow": transition == "shadow", "proven": state != "retired"}


def answering(transition: str, version: int) -> set[int]:
    """The versions that answer after it; before all, version 1 does."""
    return {"canary": {1, version}, "weight": {1, version}, "promote": {version}}.get(transition, {1})


def cut(scene: Scene, transition: str, version: int, kill: Callable[[Scene], None]) -> None:
    """Do a transition, kill something as soon as it is written, and see everything come about by itself."""
    after, wanted = answering(transition, version), outcome(transition)
    scene.wish(scene.wished_now | after)
    written(scene, lambda: do(scene, transition, version), lambda: kill(scene))
    scene.settle(after, lambda: wanted.items() <= scene.shown(version).items())


def plainly(scene: Scene, *transitions: str, version: int) -> None:
    """Do transitions while nothing is killed."""
    for transition in transitions:
        cut(scene, transition, version, lambda _: None)


def test_triton_is_killed(on_postgresql: Scene) -> None:
    with outage(on_postgresql, 503):
        for transition in TRANSITIONS:
            cut(on_postgresql, transition, 2, kill_triton)
    plainly(on_postgresql, "retire", version=2)


def test_the_database_is_killed_and_no_request_fails(on_postgresql: Scene) -> None:
    with outage(on_postgresql):
        for transition in TRANSITIONS:
            cut(on_postgresql, transition, 3, kill_database)
    plainly(on_postgresql, "retire", version=3)


def test_they_are_killed_at_any_moment(on_postgresql: Scene) -> None:
    plainly(on_postgresql, "publish", version=4)
    chance = random.Random(SEED)  # noqa: S311 - reproducible, and no secret
    with outage(on_postgresql, 503):
        for transition in ("canary", "promote", "rollback"):

            def kill(scene: Scene) -> None:
                time.sleep(chance.uniform(0, 0.5))
                for victim in chance.sample((kill_triton, kill_database), 2):
                    victim(scene)
                    time.sleep(chance.uniform(0, 0.5))

            cut(on_postgresql, transition, 4, kill)


def test_the_gateway_is_killed_and_started_again(tmp_path: Path) -> None:
    with scene_of(tmp_path) as scene, outage(scene, 0, 503):
        for transition in TRANSITIONS:
            cut(scene, transition, 2, kill_gateway)
