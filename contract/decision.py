"""What follows from a probability: a decision by a threshold, and a band of risk."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contract.base import Document
from contract.metrics import Fraction


class Band(Document):
    """A range of the positive label's probability, from the band before (or 0) up to `below`."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    below: Fraction
    """Exclusive, but for the last band, which ends at 1 inclusive."""


class Decision(Document):
    """How a binary classifier's probability becomes a decision."""

    positive: str
    """The label whose probability counts."""
    threshold: Fraction
    """From this probability on, the decision is the positive label."""
    rule: Literal["fixed", "f1", "cost"]
    """How the threshold was chosen."""
    bands: tuple[Band, ...] = ()
    """From the lowest to the highest; empty where there are none."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        ends = [band.below for band in self.bands]
        if ends != sorted(set(ends)) or (ends and ends[-1] != 1.0):
            raise ValueError("bands end at ascending probabilities, the last one at 1")
        if len({band.name for band in self.bands}) != len(self.bands):
            raise ValueError("two bands have one name")
        return self

    def band(self, probability: float) -> str | None:
        """The band of a probability of the positive label; None where there are no bands."""
        return next((band.name for band in self.bands if probability < band.below or band.below == 1.0), None)
