"""`python -m gateway.benchmark_decode`: the gateway without a model server, to measure all the rest of it."""

import contextlib
from collections.abc import AsyncIterator, Sequence

import numpy as np

from contract.card import VersionCard
from gateway.app import create_app
from gateway.inference import ModelServer, Probabilities, Tensor, examples
from gateway.metrics import Metrics
from gateway.server import run
from gateway.settings import GatewaySettings


class NoModelServer:
    """A `ModelServer` that answers at once, and every label alike."""

    concurrency = 2
    has_replica = True

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], _timeout_s: float, /) -> Probabilities:
        """Float32 [examples, labels] of equal probabilities."""
        labels = len(card.output.labels)
        return np.full((examples(card, tensors), labels), 1 / labels, np.float32)


@contextlib.asynccontextmanager
async def open_nothing(_settings: GatewaySettings, _metrics: Metrics) -> AsyncIterator[ModelServer]:
    """Connect to nobody."""
    yield NoModelServer()


def main() -> None:
    """Serve with the settings of the environment."""
    settings = GatewaySettings()
    run(create_app(settings, open_model_server=open_nothing), settings)


if __name__ == "__main__":
    main()
