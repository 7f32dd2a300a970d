"""Two experiments, cell by cell."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from loadtest.experiment.cells_text import number
from loadtest.experiment.plan import Replicas
from loadtest.experiment.summary import Row

HEADINGS = ("replicas", "users", "requests/s", "", "times", "p95 ms", "", "times", "failed", "")


class Pair(NamedTuple):
    """The same replicas and users in both; times: the second's by the first's."""

    replicas: Replicas
    users: int
    requests_per_s: tuple[float, float]
    p95_ms: tuple[float, float]
    failed: tuple[float, float]

    @property
    def faster(self) -> float | None:
        """How many times the first one's throughput the second has."""
        return _times(self.requests_per_s)

    @property
    def longer(self) -> float | None:
        """How many times the first one's time of 95 % the second's is."""
        return _times(self.p95_ms)

    def cells(self) -> tuple[str, ...]:
        """As texts, as `HEADINGS` names them."""
        return (
            str(self.replicas),
            str(self.users),
            *(f"{one:,.1f}" for one in self.requests_per_s),
            number(self.faster, ".2f"),
            *(f"{one:,.0f}" for one in self.p95_ms),
            number(self.longer, ".2f"),
            *(f"{one:.2%}" for one in self.failed),
        )

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return self._asdict() | {"throughput_times": self.faster, "p95_times": self.longer}


def pairs(first: Sequence[Row], second: Sequence[Row]) -> Sequence[Pair]:
    """What both have, in the first one's order."""
    other = {(row.replicas, row.users): row for row in second}
    return [
        Pair(
            row.replicas,
            row.users,
            (row.requests_per_s, theirs.requests_per_s),
            (row.p95_ms, theirs.p95_ms),
            (row.failed, theirs.failed),
        )
        for row in first
        for theirs in [other.get((row.replicas, row.users))]
        if theirs is not None
    ]


def _times(values: tuple[float, float]) -> float | None:
    return values[1] / values[0] if values[0] else None
