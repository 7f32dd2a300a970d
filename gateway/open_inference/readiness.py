"""Whether one version answers: a real inference, shared by all who ask within a moment."""

import asyncio
import time

from contract.card import VersionCard
from contract.errors import TriremeError
from contract.names import ModelVersion
from gateway.inference import ModelServer
from gateway.readiness import ask


class VersionReadiness:
    """Asks versions for the probabilities of a black picture, or of a row of zeros."""

    def __init__(self, server: ModelServer, *, timeout_s: float, cache_s: float) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._cache_s = cache_s
        self._known: dict[ModelVersion, _Outcome] = {}

    async def check(self, card: VersionCard) -> None:
        """Return if a version answers; raises what `ModelServer.infer` raises. At most `cache_s` seconds old."""
        self._known = {name: outcome for name, outcome in self._known.items() if outcome.is_of_use}
        outcome = self._known.setdefault(card.name, _Outcome())
        async with outcome.lock:
            if not outcome.is_fresh:
                outcome.error = await self._ask(card)
                outcome.good_until = time.monotonic() + self._cache_s
            error = outcome.error
        if error is not None:
            # Anew: each raising of one exception would lengthen its traceback.
            raise type(error)(error.detail)

    async def _ask(self, card: VersionCard) -> TriremeError | None:
        try:
            await ask(self._server, card, self._timeout_s)
        except TriremeError as error:
            return error
        return None


class _Outcome:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.good_until = 0.0
        self.error: TriremeError | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether it may still be told."""
        return time.monotonic() < self.good_until

    @property
    def is_of_use(self) -> bool:
        """Whether it may still be told, or is being found out."""
        return self.is_fresh or self.lock.locked()
