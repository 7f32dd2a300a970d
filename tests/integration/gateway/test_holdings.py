"""A real Triton is asked what it has."""

from pathlib import Path

import numpy as np
import pytest

from contract.inputs import ImageInput
from contract.repository import ModelRepository
from gateway.errors import ModelServerUnavailable
from gateway.holdings import MAX_SILENCES, Holdings
from gateway.metrics import Metrics
from gateway.replicas import ReplicaPool
from gateway.triton import Triton
from modelserver.temporary import TemporaryServer
from tests.integration.gateway.conftest import TINY

PICTURE = [np.zeros(ImageInput(height=32, width=32).shape, np.uint8)]


async def test_an_address_that_became_another_server_s_is_asked_again(repository: Path) -> None:
    with TemporaryServer(repository, [TINY[0]]) as server:
        pool, holdings = ReplicaPool([server.grpc_address], asks=True), Holdings(repository, interval_s=1)
        triton = Triton(pool, Metrics(), calls_per_replica=2)
        one, two = (ModelRepository(repository).card(name) for name in TINY)
        (replica,) = pool.everyone()
        with pytest.raises(ModelServerUnavailable):
            await triton.infer(one, PICTURE, 20)
        await holdings.attach(pool)
        assert holdings.names() == {TINY[0]}
        assert (await triton.infer(one, PICTURE, 20)).shape == (1, 10)
        replica.holds = frozenset({str(TINY[1])})
        with pytest.raises(ModelServerUnavailable):
            await triton.infer(two, PICTURE, 20)
        assert replica.holds == frozenset()
        replica.holds = frozenset({str(TINY[1])})
        await holdings.refresh()
        assert holdings.names() == {TINY[0]}
        await pool.close()


async def test_a_server_that_does_not_answer_is_believed_for_a_while_to_have_what_it_had(repository: Path) -> None:
    with TemporaryServer(repository, [TINY[0]]) as server:
        pool, holdings = ReplicaPool([server.grpc_address], asks=True), Holdings(repository, interval_s=1)
        await holdings.attach(pool)
    for _ in range(MAX_SILENCES - 1):
        await holdings.refresh()
        assert holdings.names() == {TINY[0]}
    await holdings.refresh()
    assert holdings.names() == set()
    await pool.close()
