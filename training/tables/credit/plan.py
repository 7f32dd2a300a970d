"""How many applications are generated, and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self, get_args

from training.tables.origins import GeneratedOrigin

GENERATOR = 1
"""Counted up whenever one seed gives other data than before."""
BLOCK = 8_192
"""Applications that are drawn at once; a block's draws depend on the seed, its split and its number alone."""
FIRST_ID = 100_001
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class Place(NamedTuple):
    """Where a block of applications lies."""

    split: Split
    number: int
    """Of the block in its split, from 0."""
    first: int
    """Place of its first application among all of the plan."""
    rows: int


@dataclass(frozen=True)
class CreditPlan:
    """What `GeneratedOrigin` says; the applications lie in the order of their splits."""

    train: int
    validation: int
    test: int
    seed: int = 0
    drift: float = 0.0
    missing: float = 0.05

    @classmethod
    def of(cls, origin: GeneratedOrigin) -> Self:
        """The plan of a recipe's origin."""
        return cls(**origin.model_dump(exclude={"kind", "name"}))

    @classmethod
    def scaled(cls, applications: int, *, seed: int, drift: float, missing: float) -> Self:
        """A plan of so many applications, at least 3, in the shares of the full one."""
        full = GeneratedOrigin()
        whole = full.train + full.validation + full.test
        validation = max(1, applications * full.validation // whole)
        test = max(1, applications * full.test // whole)
        return cls(applications - validation - test, validation, test, seed, drift, missing)

    @property
    def applications(self) -> int:
        """Applications of all splits."""
        return self.train + self.validation + self.test

    def part(self, split: Split) -> slice:
        """Where a split lies among the applications."""
        counts = {"train": self.train, "validation": self.validation, "test": self.test}
        first = sum(counts[before] for before in SPLITS[: SPLITS.index(split)])
        return slice(first, first + counts[split])

    def places(self) -> Iterator[Place]:
        """The blocks, in the order of their applications."""
        for split in SPLITS:
            part = self.part(split)
            for number, first in enumerate(range(part.start, part.stop, BLOCK)):
                yield Place(split, number, first, min(BLOCK, part.stop - first))
