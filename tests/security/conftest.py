"""A gateway with a picture model and a table model, on a real port, shared by tests that leave it as it was."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest

from contract.card import VersionCard
from gateway.app import create_app
from gateway.inference import Probabilities, Tensor, examples
from tests.support.table_versions import make_table_version
from tests.support.versions import make_version
from tests.unit.gateway.rig import listening, opened, settings


class FirstLabelServer:
    """A model server to whose mind everything is the first label."""

    concurrency = 2
    has_replica = True

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], _timeout_s: float, /) -> Probabilities:
        await asyncio.sleep(0)
        answer = np.zeros((examples(card, tensors), len(card.output.labels)), np.float32)
        answer[:, 0] = 1
        return answer


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    make_table_version(root, "credit", 1)
    return root


@pytest.fixture(scope="session")
def port(repository: Path) -> Iterator[int]:
    given = settings(repository, max_pixels=1_000_000, max_body_bytes=2_000_000, max_parts=100)
    with listening(create_app(given, open_model_server=opened(FirstLabelServer())), given) as port:
        yield port


@pytest.fixture(scope="session")
def http(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        yield http
