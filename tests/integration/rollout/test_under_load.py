"""A whole rollout over a real Triton while callers never stop asking: none of them notices."""

from pathlib import Path

from contract.digests import folder_digests
from contract.names import ModelVersion
from contract.repository import CARD, ModelRepository
from tests.integration.rollout.test_laptop import PICTURE, publish, state
from tests.integration.trireme.test_serve import until
from tests.support.laptop import running
from tests.support.steady_load import Answers, steady_load
from trireme.client import Client
from trireme.release_client import ReleaseClient

PREDICT = "/v1/models/tiny/predict"


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


def test_publish_canary_promote_and_rollback_cost_no_request(tmp_path: Path) -> None:
    repository = tmp_path / "model_repository"
    repository.mkdir()
    publish(repository, 1)
    policies = tmp_path / "policies.yaml"
    policies.write_text("models: {tiny: {start: canary, weight: 40}}")
    with running(tmp_path, GATEWAY_ROLLOUT_POLICIES=str(policies)) as laptop, Client(laptop.url) as client:
        until(lambda: state(client, 1) == "stable")
        with steady_load(laptop.url, PREDICT, PICTURE) as answers:
            answered_by(answers, 1)
            publish(repository, 2)
            until(lambda: state(client, 2) == "canary")
            answered_by(answers, 1, 2)
            ReleaseClient(client).promote("tiny", 2)
            answered_by(answers, 2)
            ReleaseClient(client).rollback("tiny")
            answered_by(answers, 1)
            broken(repository, 3)
            until(lambda: state(client, 3) == "candidate")
            answered_by(answers, 1)
        assert answers.failures == []
