"""What a judge says of a running canary."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.rollout.actions import Action, By, Promote, Rollback
from gateway.rollout.traffic import Traffic


@dataclass(frozen=True)
class Verdict:
    """Go on with a canary, or end it."""

    action: Literal["promote", "rollback"]
    rule: str
    """The rule's name, which the event tells."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What it was decided on."""
    note: str = ""

    def done_to(self, version: int) -> Action:
        """The action on a canary."""
        return Promote(version) if self.action == "promote" else Rollback()

    @property
    def by(self) -> By:
        """What the event tells."""
        return By(self.rule, self.note, self.numbers)


Judge = Callable[[str, Traffic], Awaitable[Verdict | None]]
"""Judges a model's running canary; None: no verdict yet."""
