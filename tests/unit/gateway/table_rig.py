"""For tests of table models: a stand-in for the model server, and addresses."""

import asyncio
from collections.abc import Sequence

import numpy as np

from contract.card import VersionCard
from gateway.inference import Probabilities, Tensor
from tests.support.table_versions import risk

ROWS = "/v1/models/credit/predict"
FILE = f"{ROWS}/batch"
VALIDATE = "/v1/models/credit/validate"


class RiskServer:
    """A model server that computes what the network of `tests.support.table_versions` does."""

    concurrency = 2
    has_replica = True

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.go = asyncio.Event()
        self.go.set()
        self.cancelled = 0

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], _timeout_s: float, /) -> Probabilities:
        self.sizes.append(sum(map(len, tensors)))
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        bad = risk(np.concatenate(list(tensors)))
        return np.stack([1 - bad, bad], axis=1).astype(np.float32)
