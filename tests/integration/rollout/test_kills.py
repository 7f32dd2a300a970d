"""Triton, the gateway and the database are killed in the middle of each transition, under constant load.

Each kill falls between the write of a transition and whatever comes after it.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.rollout import kills
from tests.integration.rollout.kills import Scene, outage, written
from tests.support.postgres import Postgres

TRANSITIONS = ("publish", "canary", "weight", "promote", "rollback", "shadow", "retire")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def on_postgresql(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with kills.scene_of(tmp_path_factory.mktemp("scene"), postgres) as scene:
        yield scene


def act(scene: Scene, transition: str, version: int) -> None:
    """Begin a transition of a version; who is killed may cost its answer."""
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


def is_done(scene: Scene, transition: str, version: int) -> bool:
    """Whether all that follows from a transition has happened."""
    shown = scene.shown(version)
    found = {name: shown.get(name) for name in ("state", "weight", "shadow", "proven")}
    proven = {"publish": True, "shadow": True, "retire": False, "rollback": False}.get(transition, True)
    weight = {"canary": 30, "weight": 70, "promote": 100}.get(transition, 0)
    state = {"publish": "candidate", "shadow": "candidate", "promote": "stable"}.get(transition)
    state = state or ("canary" if weight else "retired")
    return found == {"state": state, "weight": weight, "shadow": transition == "shadow", "proven": proven}


def answering(transition: str, version: int) -> set[int]:
    """The versions that answer after it."""
    return {"canary": {1, version}, "weight": {1, version}, "promote": {version}}.get(transition, {1})


def cut(scene: Scene, transition: str, version: int, kill: Callable[[], None], *, refused: bool, unavailable: bool) -> None:
    """Do a transition, kill something in its middle, and see the state come about by itself."""
    with outage(scene, refused=refused, unavailable=unavailable):
        scene.wish(answering(transition, version) | scene.wished_now)
        written(scene, lambda: act(scene, transition, version), kill)
        scene.settle(answering(transition, version), lambda: is_done(scene, transition, version))


def test_triton_killed(on_postgresql: Scene) -> None:
    scene = on_postgresql
    for transition in TRANSITIONS:
        print(transition)
        cut(scene, transition, 2, lambda: kills.kill_triton(scene), refused=False, unavailable=True)


def test_database_killed(on_postgresql: Scene) -> None:
    scene = on_postgresql
    for transition in TRANSITIONS:
        print(transition)
        cut(scene, transition, 3, lambda: kills.kill_database(scene), refused=False, unavailable=False)


def test_gateway_killed(tmp_path: Path) -> None:
    with kills.scene_of(tmp_path) as scene:
        for transition in TRANSITIONS:
            print(transition)
            cut(scene, transition, 2, lambda: kills.kill_gateway(scene), refused=True, unavailable=True)
