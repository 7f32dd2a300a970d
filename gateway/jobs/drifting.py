"""Which models' data have drifted so far that their policies want a retrain."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from contract.card import VersionCard
from contract.jobs.policy import DriftPolicy
from contract.moments import Span
from gateway.catalogue import Model
from gateway.drift.answers import DriftReport
from gateway.jobs.history import RetrainHistory

LOOKS = 60
"""In the time of a window: looking more often would see the same predictions."""


class Watch(Protocol):
    """Something that finds drift."""

    async def watch(self, card: VersionCard, span: Span) -> DriftReport:
        """A version's drift in a time, told to the metrics too."""


class Due(NamedTuple):
    """A retrain that is to be made."""

    key: str
    """The same for every gateway that sees this drift."""
    note: str


class Drifting:
    """Looks at models by their policies."""

    def __init__(self, watch: Watch, history: RetrainHistory, clock: Callable[[], datetime]) -> None:
        self._watch = watch
        self._history = history
        self._clock = clock
        self._next: dict[str, datetime] = {}

    async def due(self, model: Model, policy: DriftPolicy) -> Due | None:
        """What drift asks for, if anything; None too where it isn't time to look.

        Raises `ModelNotServed`, and what `Watch.watch` and `RetrainHistory` raise.
        """
        now = self._clock()
        if now < self._next.get(model.name, now):
            return None
        self._next[model.name] = now + timedelta(seconds=policy.window_s / LOOKS)
        found = await self._watch.watch(model.choose(None), Span(now - timedelta(seconds=policy.window_s), now))
        is_wanted = policy.retrain and found.predictions >= policy.min_examples and found.major >= policy.features
        return await self._due(found, policy, now) if is_wanted else None

    async def _due(self, found: DriftReport, policy: DriftPolicy, now: datetime) -> Due | None:
        last = await self._history.last_by_drift(found.model)
        if last is not None and (last.is_open or now - last.created < timedelta(seconds=policy.cooldown_s)):
            return None
        # The last one's id: two gateways at once name the same job, and the next one is another.
        key = f"drift:{found.version}:{'first' if last is None else last.id}"
        named = [one.name for one in found.features if one.verdict == "major"]
        more = f" and {len(named) - 1} more" if len(named) > 1 else ""
        return Due(key, f"Drift of {named[0]}{more} in {found.predictions:,} predictions.")
