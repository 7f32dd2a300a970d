"""Whether every served model answers: a real inference each, shared by all who ask within a moment."""

import asyncio
import time
from collections.abc import Callable, Iterable

from contract.card import VersionCard
from contract.errors import TriremeError
from gateway.answers import ModelReadiness
from gateway.catalogue import Catalogue, Model
from gateway.errors import ModelServerTimeout, ModelWaking
from gateway.inference import ModelServer, nothing
from gateway.waking.waking import Waking


async def ask(server: ModelServer, card: VersionCard, timeout_s: float) -> None:
    """Return if a version answers in time; raises what `ModelServer.infer` raises."""
    try:
        async with asyncio.timeout(timeout_s):
            await server.infer(card, [nothing(card)], timeout_s)
    except TimeoutError:
        raise ModelServerTimeout from None


def are_ready(models: Iterable[ModelReadiness]) -> bool:
    """Whether requests may come: each model answers, or sleeps and is woken by them."""
    return all(model.ready or model.code == ModelWaking.code for model in models)


class ReadinessCheck:
    """Asks the stable version of each served model for the probabilities of a black picture, or of a row of zeros."""

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        server: ModelServer,
        waking: Waking,
        *,
        timeout_s: float,
        cache_s: float,
    ) -> None:
        self._catalogue = catalogue
        self._server = server
        self._waking = waking
        self._timeout_s = timeout_s
        self._cache_s = cache_s
        self._lock = asyncio.Lock()
        self._good_until = 0.0
        self._outcome: list[ModelReadiness] = []

    async def outcome(self) -> list[ModelReadiness]:
        """One entry a model; at most `cache_s` seconds old."""
        async with self._lock:
            if time.monotonic() >= self._good_until:
                self._outcome = await asyncio.gather(*map(self._check, self._catalogue().announced()))
                self._good_until = time.monotonic() + self._cache_s
            return self._outcome

    async def _check(self, model: Model) -> ModelReadiness:
        if self._waking.is_asleep:
            # Asking would wake nobody, and a gateway that is out of its Service hears of nobody who would.
            return ModelReadiness(model=model.name, version=model.stable, ready=False, code=ModelWaking.code)
        try:
            card = model.choose(None)
            await ask(self._server, card, self._timeout_s)
        except TriremeError as error:
            return ModelReadiness(model=model.name, version=model.stable, ready=False, code=error.code)
        return ModelReadiness(model=model.name, version=model.stable, ready=True)
