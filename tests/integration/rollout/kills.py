"""A `trireme serve` under load, something of which is killed while its traffic changes; and what callers may see."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.integration.rollout.test_laptop import PICTURE, publish
from tests.integration.trireme.test_serve import until
from tests.support.laptop import Laptop, running
from tests.support.postgres import Postgres
from tests.support.steady_load import Answer, Answers, steady_load
from trireme.client import Client
from trireme.errors import ClientError
from trireme.release_client import ReleaseClient, Versions

PREDICT, MODEL = "/v1/models/tiny/predict", "/v1/models/tiny"
POLL_S = 0.001
MOST_RETRY_AFTER_S = 10
SETTINGS = {"GATEWAY_ROLLOUT_LEASE_S": "2", "MODELSERVER_BACKOFF_MAX_S": "1"}
"""A lease that is soon over; and a Triton that dies again and again is started at once again and again."""


@dataclass(frozen=True)
class Wish:
    """Which versions may answer from a moment on."""

    since: float
    versions: frozenset[int]


class Scene:
    """What runs, what is asked of it, and which versions may answer."""

    def __init__(self, laptop: Laptop, client: Client, answers: Answers, database: Path | Postgres) -> None:
        self.laptop = laptop
        self.client = client
        self.answers = answers
        self.database = database
        self._wishes = [Wish(0.0, frozenset({1}))]

    def wish(self, versions: set[int]) -> None:
        """From now on these may answer, and nothing else."""
        self._wishes.append(Wish(time.monotonic(), frozenset(versions)))

    @property
    def wished_now(self) -> set[int]:
        """What may answer now."""
        return {*self._wishes[-1].versions}

    def wished(self, answer: Answer) -> set[int]:
        """What could answer a request at any time between its being asked and its answer."""
        ends = [*(wish.since for wish in self._wishes[1:]), float("inf")]
        during = (w for w, end in zip(self._wishes, ends, strict=True) if w.since < answer.came and end > answer.asked)
        return {version for wish in during for version in wish.versions}

    def strangers(self) -> list[Answer]:
        """Answers by versions that the traffic wanted at no time of the request."""
        return [one for one in list(self.answers.noted) if one.version and one.version not in self.wished(one)]

    def shown(self, version: int) -> Versions:
        """What the gateway says of a version; nothing where it knows it not, or doesn't answer."""
        with contextlib.suppress(ClientError):
            listed = ReleaseClient(self.client).versions("tiny")["versions"]
            return next((one for one in listed if one["version"] == version), {})
        return {}

    def post(self, path: str, **body: object) -> None:
        """Ask for a change; what is killed may cost its answer, but not its effect."""
        with contextlib.suppress(ClientError):
            self.client.ask("POST", f"{MODEL}/{path}", json=body)

    def publish(self, version: int) -> None:
        publish(self.laptop.repository, version)

    @contextlib.contextmanager
    def revisions(self) -> Iterator[Callable[[], int]]:
        """Reads the traffic's revision past the gateway."""
        ask = "SELECT revision FROM traffic"
        with contextlib.ExitStack() as stack:
            if isinstance(self.database, Path):
                lite = stack.enter_context(contextlib.closing(sqlite3.connect(self.database, timeout=30)))
                yield lambda: int(lite.execute(ask).fetchone()[0])
            else:
                large = stack.enter_context(psycopg.connect(self.database.url, autocommit=True))
                yield lambda: int(large.execute(ask).fetchone()[0])  # type: ignore[index] # there is a row

    def settle(self, answering: set[int], is_so: Callable[[], bool]) -> None:
        """Wait until the state is what it should be, and these versions answer and nothing else does."""
        until(is_so)
        self.answers.taken()
        until(lambda: set(self.answers.taken()) == answering)
        self.wish(answering)


def written(scene: Scene, act: Callable[[], None], then: Callable[[], None]) -> None:
    """Act, and do something else as soon as the action has been written to the database."""
    with scene.revisions() as revision:
        before, acting = revision(), threading.Thread(target=act)
        acting.start()
        deadline = time.monotonic() + 180
        while revision() == before:
            assert time.monotonic() < deadline, "nothing was written"
            time.sleep(POLL_S)
    then()
    acting.join()


def kill_triton(scene: Scene) -> None:
    for process in scene.laptop.family():
        with contextlib.suppress(psutil.Error):
            if process.name() == "tritonserver":
                process.kill()


def kill_gateway(scene: Scene) -> None:
    """And start it again at once."""
    scene.laptop.process.kill()
    scene.laptop.process.wait()
    scene.laptop.launch()
    scene.laptop.wait_ready()


def kill_database(scene: Scene) -> None:
    """And start it again when that was noticed."""
    assert isinstance(scene.database, Postgres)
    scene.database.kill()
    time.sleep(1.5)
    scene.database.start()


@contextlib.contextmanager
def scene_of(folder: Path, postgres: Postgres | None = None) -> Iterator[Scene]:
    """Version 1 is stable, people decide what becomes of new ones, and callers never stop."""
    (folder / "model_repository").mkdir()
    publish(folder / "model_repository", 1)
    (folder / "policies.yaml").write_text("models: {tiny: {start: wait}}")
    given = {"GATEWAY_ROLLOUT_POLICIES": str(folder / "policies.yaml"), **SETTINGS}
    if postgres is not None:
        given["GATEWAY_DATABASE"] = postgres.url
    with (
        running(folder, **given) as laptop,
        Client(laptop.url) as client,
        steady_load(laptop.url, PREDICT, PICTURE) as answers,
    ):
        scene = Scene(laptop, client, answers, postgres or folder / ".trireme" / "trireme.db")
        until(lambda: scene.shown(1).get("state") == "stable")
        yield scene


@contextlib.contextmanager
def outage(scene: Scene, *statuses: int) -> Iterator[None]:
    """What callers may get meanwhile but answers: 0 stands for no connection, and 503 says how long to wait."""
    before = len(scene.answers.noted)
    yield
    failed = [answer for answer in scene.answers.noted[before:] if answer.status != 200]
    assert {answer.status for answer in failed} <= {*statuses}, failed[:3]
    waits = [int(answer.retry_after or 0) for answer in failed if answer.status == 503]
    assert all(0 < wait <= MOST_RETRY_AFTER_S for wait in waits), failed[:3]
    assert scene.strangers() == []
    if failed:
        print(f"{len(failed)} requests failed within {failed[-1].came - failed[0].asked:.1f} s")
