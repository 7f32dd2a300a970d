"""The traffic of one model: which of its versions answers how much of it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from contract.base import Document
from contract.errors import VersionUnknown

WHOLE = 100
"""Percent: the weights of all versions together."""


class VersionState(StrEnum):
    """Where a version is in its life."""

    CANDIDATE = "candidate"
    """Published, and without weight."""
    CANARY = "canary"
    """Answers a part of the callers who name no version."""
    STABLE = "stable"
    """Answers the others, or all of them."""
    RETIRED = "retired"
    """Was served, or failed."""


ANSWERING = frozenset({VersionState.STABLE, VersionState.CANARY})


class VersionTraffic(Document):
    """One version's part."""

    version: PositiveInt
    state: VersionState
    weight: Annotated[int, Field(ge=0, le=WHOLE)] = 0
    """Percent of the callers who name no version."""
    shadow: bool = False
    """Whether it answers copies of requests, which no caller sees."""
    proven: bool = False
    """Whether it has answered its golden examples rightly since it was loaded."""
    failed: bool = False
    """Whether it answered them wrongly."""


class Traffic(Document):
    """One model's traffic. Exactly one version is stable, at most one a canary, at most one a shadow."""

    model: str
    revision: NonNegativeInt
    """Rises with each change."""
    versions: tuple[VersionTraffic, ...]
    """Lowest first."""
    previous: PositiveInt | None = None
    """The version to roll back to: it was stable before, and stays loaded."""

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        by_state = [one.state for one in self.versions]
        if by_state.count(VersionState.STABLE) != 1 or by_state.count(VersionState.CANARY) > 1:
            raise ValueError("there is one stable version, and at most one canary")
        if sum(one.weight for one in self.versions) != WHOLE:
            raise ValueError("the weights are 100 together")
        if any(one.weight and not (one.proven and one.state in ANSWERING) for one in self.versions):
            raise ValueError("only a stable version or a canary that was proven has weight")
        shadows = [one for one in self.versions if one.shadow]
        if len(shadows) > 1 or any(one.state is not VersionState.CANDIDATE for one in shadows):
            raise ValueError("at most one version is a shadow, and it is a candidate")
        return self

    @property
    def stable(self) -> VersionTraffic:
        """The stable version."""
        return next(one for one in self.versions if one.state is VersionState.STABLE)

    @property
    def canary(self) -> VersionTraffic | None:
        """The canary, where one runs."""
        return next((one for one in self.versions if one.state is VersionState.CANARY), None)

    @property
    def shadow(self) -> VersionTraffic | None:
        """The shadow, where there is one."""
        return next((one for one in self.versions if one.shadow), None)

    @property
    def candidate(self) -> VersionTraffic | None:
        """The newest candidate that is newer than the stable version: the next one to become something."""
        candidates = [one for one in self.versions if one.state is VersionState.CANDIDATE and not one.shadow]
        newest = max(candidates, key=lambda one: one.version, default=None)
        return newest if newest is not None and newest.version > self.stable.version else None

    @property
    def wanted(self) -> frozenset[int]:
        """The versions that are to be loaded, where there is room for all of them."""
        return self.wanted_in(None)

    def wanted_in(self, places: int | None) -> frozenset[int]:
        """The versions that are to be loaded where there is room for so many; None: for all.

        The stable version comes first, then what a person or a policy chose, then the way back, then what is next.
        """
        chosen = [None if one is None else one.version for one in (self.stable, self.canary, self.shadow)]
        candidate = None if self.candidate is None else self.candidate.version
        found = [version for version in (*chosen, self.previous, candidate) if version is not None]
        return frozenset(list(dict.fromkeys(found))[:places])

    @property
    def weights(self) -> dict[str, int]:
        """The weight of each version that has one; keys are as JSON has them."""
        return {str(one.version): one.weight for one in self.versions if one.weight}

    def knows(self, version: int) -> bool:
        """Whether a version was announced."""
        return any(one.version == version for one in self.versions)

    def find(self, version: int) -> VersionTraffic:
        """One version; raises `VersionUnknown`."""
        for one in self.versions:
            if one.version == version:
                return one
        raise VersionUnknown(f"Version {version} of model {self.model!r} was not announced yet.")
