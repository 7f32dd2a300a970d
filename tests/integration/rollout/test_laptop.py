"""`trireme serve` and its rollouts, over a real Triton."""

from pathlib import Path

import numpy as np
from PIL import Image

from contract.digests import folder_digests
from contract.golden import GoldenExamples
from contract.repository import CARD, GOLDEN, ModelRepository
from contract.served import Served
from tests.integration.trireme.test_serve import until
from tests.support.laptop import Laptop, running
from tests.support.versions import CIFAR10, make_version
from tests.unit.gateway.rig import encode
from trireme.client import Client
from trireme.release_client import ReleaseClient

PICTURE = encode(Image.new("RGB", (32, 32), (200, 40, 90)))


def publish(repository: Path, version: int, *, model: str = "tiny", shift: int = 0) -> None:
    """A version whose golden examples are its own answers, moved by `shift` labels."""
    making = repository.parent / "making"
    name = make_version(making, model, version)
    pictures = np.random.default_rng(version).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
    weights = np.random.default_rng(version).normal(0, 0.05, (3, len(CIFAR10))).astype(np.float32)
    powers = np.exp(pictures.mean(axis=(1, 2)).astype(np.float32) @ weights)
    answers = np.roll(powers / powers.sum(axis=1, keepdims=True), shift, axis=1).astype(np.float32)
    labels = [CIFAR10[place] for place in answers.argmax(axis=1)]
    examples = GoldenExamples(bodies=[b""] * 40, tensors=pictures, probabilities=answers, labels=labels)
    folder, card = ModelRepository(making).folder(name), ModelRepository(making).card(name)
    examples.write(folder / GOLDEN)
    (folder / CARD).unlink()
    whole = card.model_copy(update={"files": folder_digests(folder)})
    (folder / CARD).write_text(whole.model_dump_json())
    (making / name.triton_name).rename(ModelRepository(repository).folder(name))


def state(client: Client, version: int) -> str | None:
    """What the gateway says of a version; None where it knows nothing of it."""
    listed = ReleaseClient(client).versions("tiny")["versions"]
    return next((one["state"] for one in listed if one["version"] == version), None)


def answering(client: Client) -> int:
    version: int = client.predict("tiny", PICTURE)["version"]
    return version


def loaded(laptop: Laptop) -> tuple[int, ...]:
    return Served.read(laptop.folder / ".trireme" / "served.json").models["tiny"].versions


def test_only_what_answers_its_golden_examples_is_promoted_and_a_rollback_outlives_a_restart(tmp_path: Path) -> None:
    repository = tmp_path / "model_repository"
    repository.mkdir()
    publish(repository, 1)
    with running(tmp_path) as laptop, Client(laptop.url) as client:
        until(lambda: state(client, 1) == "stable")
        publish(repository, 2)
        until(lambda: state(client, 2) == "stable")
        assert answering(client) == 2
        publish(repository, 3, shift=1)
        until(lambda: state(client, 3) == "retired")
        assert answering(client) == 2
        until(lambda: loaded(laptop) == (1, 2))
        ReleaseClient(client).rollback("tiny", "too many ships")
        assert answering(client) == 1
        laptop.stop()
    with running(tmp_path) as laptop, Client(laptop.url) as client:
        assert answering(client) == 1
        assert (state(client, 1), state(client, 2), state(client, 3)) == ("stable", "retired", "retired")
