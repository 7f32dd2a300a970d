"""Rollouts over a real Triton while callers never stop asking."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from contract.digests import folder_digests
from contract.names import ModelVersion
from contract.repository import CARD, ModelRepository
from tests.integration.rollout.test_laptop import PICTURE, publish, state
from tests.integration.trireme.test_serve import until
from tests.support.laptop import Laptop, running
from tests.support.steady_load import Answers, steady_load
from trireme.client import Client
from trireme.release_client import ReleaseClient

PREDICT = "/v1/models/tiny/predict"
PATIENCE_S = "2"
"""Of the gateway with its model server."""


def answered_by(answers: Answers, *versions: int) -> None:
    """Wait until these versions answer, and no others."""
    answers.taken()
    until(lambda: set(answers.taken()) == {*versions})


def broken(repository: Path, version: int) -> None:
    """A version whose artefact is none, though its digest is right."""
    making = repository.parent / "broken"
    making.mkdir()
    publish(making, version)
    name = ModelVersion("tiny", version)
    folder, card = ModelRepository(making).folder(name), ModelRepository(making).card(name)
    (folder / card.engine.artefact).write_bytes(b"no graph")
    (folder / CARD).unlink()
    (folder / CARD).write_text(card.model_copy(update={"files": folder_digests(folder)}).model_dump_json())
    folder.rename(ModelRepository(repository).folder(name))


class Site:
    """A running `trireme serve` with a stable version 1, and callers who never stop."""

    def __init__(self, laptop: Laptop, client: Client, answers: Answers) -> None:
        self.laptop = laptop
        self.client = client
        self.answers = answers

    def publish_canary(self) -> None:
        """Publish version 2, which becomes a canary by itself."""
        publish(self.laptop.repository, 2)
        until(lambda: state(self.client, 2) == "canary")
        answered_by(self.answers, 1, 2)

    def crash(self, version: int) -> None:
        """Kill the process that computes a version."""
        for process in self.laptop.family():
            with suppress(psutil.Error):
                if f"tiny-v{version}_0_0" in process.cmdline():
                    process.kill()


@contextmanager
def serving(folder: Path, policy: str, **settings: str) -> Iterator[Site]:
    (folder / "model_repository").mkdir()
    publish(folder / "model_repository", 1)
    policies = folder / "policies.yaml"
    policies.write_text(f"models: {{tiny: {policy}}}")
    with running(folder, GATEWAY_ROLLOUT_POLICIES=str(policies), **settings) as laptop, Client(laptop.url) as client:
        until(lambda: state(client, 1) == "stable")
        with steady_load(laptop.url, PREDICT, PICTURE) as answers:
            answered_by(answers, 1)
            yield Site(laptop, client, answers)


def test_publish_canary_promote_and_rollback_cost_no_request(tmp_path: Path) -> None:
    with serving(tmp_path, "{start: canary, weight: 40}") as site:
        site.publish_canary()
        ReleaseClient(site.client).promote("tiny", 2)
        answered_by(site.answers, 2)
        ReleaseClient(site.client).rollback("tiny")
        answered_by(site.answers, 1)
        broken(site.laptop.repository, 3)
        until(lambda: state(site.client, 3) == "candidate")
        answered_by(site.answers, 1)
    assert site.answers.failures == []


def test_a_canary_that_crashes_is_rolled_back_by_itself_and_the_stable_version_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path, "{start: canary, weight: 40, judge: {}}", GATEWAY_TRITON_TIMEOUT_S=PATIENCE_S) as site:
        site.publish_canary()

        def is_given_up() -> bool:
            site.crash(2)
            return state(site.client, 2) == "retired"

        until(is_given_up, 180)
        assert site.answers.taken()[1] > 0
        time.sleep(3 * float(PATIENCE_S))  # callers who met the canary last may still wait for it
        failed = len(site.answers.failures)
        assert failed > 0
        answered_by(site.answers, 1)
        last = site.client.ask("GET", "/v1/models/tiny/events")["events"][0]
    assert len(site.answers.failures) == failed
    assert (last["action"], last["principal"]) == ("rollback", "judge:crash")
