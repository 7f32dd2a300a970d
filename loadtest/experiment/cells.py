"""The cells of the matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from loadtest.experiment.plan import Plan, Replicas


@dataclass(frozen=True)
class Cell:
    """One load on one number of replicas."""

    replicas: Replicas
    users: int
    repeat: int
    """From 1."""

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.replicas}-replicas-{self.users}-users-{self.repeat}"


def cells(plan: Plan) -> Sequence[Cell]:
    """In the order in which they run: all loads of one number of replicas, so that few have to start."""
    order = product(plan.replicas, range(1, plan.repeats + 1), plan.load.users)
    return [Cell(replicas, users, repeat) for replicas, repeat, users in order]
