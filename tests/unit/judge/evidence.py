"""Evidence for tests."""

from collections.abc import Sequence
from typing import Any

from gateway.judge.evidence import NOTHING, Count, Evidence, VersionEvidence

HOUR_S = 3600.0
FLAT = tuple(10 + number / 100 for number in range(2000))
"""Latencies between 10 and 30 ms."""


def evidence(
    canary: Count = NOTHING,
    stable: Count = NOTHING,
    *,
    latencies: tuple[Sequence[float], Sequence[float]] = (FLAT, FLAT),
    correct: tuple[Count, Count] = (NOTHING, NOTHING),
    **changes: Any,
) -> Evidence:
    """An hour of a canary, version 2, and of version 1; counts are errors of answers."""
    given: dict[str, Any] = {"duration_s": HOUR_S, **changes}
    return Evidence(
        VersionEvidence(2, canary, latencies[0], correct=correct[0]),
        VersionEvidence(1, stable, latencies[1], correct=correct[1]),
        **given,
    )
