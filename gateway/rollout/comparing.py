"""A running canary beside the stable version: what is known of both, and what a policy makes of it."""

from collections.abc import Callable
from datetime import datetime

from pydantic import AwareDatetime

from contract.base import Document
from gateway.clock import utc_now
from gateway.database.engine import Database
from gateway.judge.ab import AbReport, AbSettings, ab_report
from gateway.judge.evidence import Evidence
from gateway.judge.policy import JudgePolicy
from gateway.judge.reading import read_evidence
from gateway.judge.rule import judge
from gateway.judge.verdict import Verdict
from gateway.rollout.errors import CanaryMissing
from gateway.rollout.events import EventLog
from gateway.rollout.traffic import Traffic


class CanaryReport(Document):
    """A canary and the stable version side by side."""

    since: AwareDatetime
    """Since when the canary has had its weight; what was before isn't counted."""
    judged: bool
    """Whether the model's policy lets the judge act."""
    verdict: Verdict
    """What the judge says now, by the model's policy, or by the default one where it has none."""
    effects: AbReport


class Comparison:
    """Reads what is known of a running canary; every method raises `CanaryMissing` and `DatabaseUnavailable`."""

    def __init__(self, database: Database, events: EventLog, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._events = events
        self._clock = clock

    async def verdict(self, traffic: Traffic, policy: JudgePolicy) -> Verdict:
        """What the judge says now."""
        evidence, _ = await self._evidence(traffic)
        return judge(evidence, policy)

    async def report(self, traffic: Traffic, policy: JudgePolicy | None, positive: str | None) -> CanaryReport:
        """Both versions side by side; `positive` is the label whose share is compared, too."""
        evidence, since = await self._evidence(traffic)
        return CanaryReport(
            since=since,
            judged=policy is not None,
            verdict=judge(evidence, policy or JudgePolicy()),
            effects=ab_report(evidence, AbSettings(), positive=positive),
        )

    async def _evidence(self, traffic: Traffic) -> tuple[Evidence, datetime]:
        canary = traffic.canary
        last = {} if canary is None else await self._events.last(traffic.model)
        if canary is None or canary.version not in last:
            raise CanaryMissing(f"Model {traffic.model!r} has no canary now.")
        # A canary's last event is the one that gave it its weight.
        since = last[canary.version].time
        versions = {"canary": canary.version, "stable": traffic.stable.version}
        return await read_evidence(self._database, traffic.model, **versions, since=since, now=self._clock()), since
