"""What the judge says."""

from typing import Literal

from contract.base import Document

Name = Literal["errors", "latency", "agreement", "accuracy"]
Outcome = Literal["passed", "failed", "open", "not judged"]
"""`open`: not decided yet. `not judged`: there is nothing to judge it by."""
Decision = Literal["wait", "promote", "rollback"]


class Criterion(Document):
    """One comparison, with its numbers."""

    name: Name
    outcome: Outcome
    canary: float | None = None
    """A share, or milliseconds; None where nothing was counted. For agreement, the share of equal answers."""
    stable: float | None = None
    """The same of the stable version; None for agreement."""
    estimate: float | None = None
    """Canary minus stable in percentage points, canary over stable for latency, the share itself for agreement."""
    low: float | None = None
    """The interval's lower bound, valid at every look."""
    high: float | None = None
    """Its upper bound; infinite, which is null in JSON, where there are too few answers for one."""
    threshold: float
    """What the estimate may be, in its unit."""
    sentence: str


class Verdict(Document):
    """A decision and why."""

    decision: Decision
    rule: Literal["crash", "criteria", "time", "samples"]
    """What decided: a crash, the criteria, the longest time, or that there is too little to decide yet."""
    sentence: str
    criteria: tuple[Criterion, ...]
