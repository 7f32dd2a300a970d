"""How often the judge is wrong: `python -m gateway.judge.simulate` plays canaries and prints a table (minutes)."""

import argparse
import math
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from gateway.judge.evidence import Count, Evidence, VersionEvidence
from gateway.judge.policy import JudgePolicy
from gateway.judge.rule import judge
from gateway.judge.verdict import Verdict

LOOK_S = 60.0
STABLE_TIMES = 9
"""Answers of the stable version for one of the canary: a weight of 10 %."""
WINDOW = 5000
"""Latencies that are kept of each version, as `reading` keeps them."""
FLAT = tuple(10 + number / 1000 for number in range(WINDOW))
"""Latencies where they are not what is played."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of canary."""

    name: str
    canary_errors: float
    stable_errors: float
    slower: float | None = None
    """Times that the canary's latencies are longer; None: latencies aren't played."""
    looks: int = 200
    answers: int = 50
    """Of the canary between two looks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one kind of canary in many runs."""

    scenario: Scenario
    rolled_back: float
    promoted: float
    answers: float | None
    """Median of the canary's answers at the decision; None where none was made."""


ERRORS = (
    Scenario("as good, 0.1 % fail", 0.001, 0.001),
    Scenario("as good, 1 % fail", 0.01, 0.01),
    Scenario("as good, 5 % fail", 0.05, 0.05),
    Scenario("as good, 60 % fail", 0.6, 0.6),
    Scenario("worse by the 0.5 points allowed, from 1 %", 0.015, 0.01),
    Scenario("worse by 1 point, from 0.1 %", 0.011, 0.001),
    Scenario("worse by 2 points, from 0.1 %", 0.021, 0.001),
    Scenario("worse by 5 points, from 1 %", 0.06, 0.01),
    Scenario("worse by 30 points, from 0.1 %", 0.301, 0.001),
    Scenario("every answer fails", 1.0, 0.001, answers=5),
)
LATENCY = (
    Scenario("as fast", 0.001, 0.001, 1.0, looks=60, answers=100),
    Scenario("slower by the 1.25 times allowed", 0.001, 0.001, 1.25, looks=60, answers=100),
    Scenario("slower by 1.5 times", 0.001, 0.001, 1.5, looks=60, answers=100),
    Scenario("slower by 2 times", 0.001, 0.001, 2.0, looks=60, answers=100),
)
POLICY = JudgePolicy(max_duration_s=10 * 86_400)


class Canary:
    """One canary's life, in answers."""

    def __init__(self, scenario: Scenario, rng: random.Random) -> None:
        self._scenario = scenario
        self._rng = rng
        self._latencies = deque[float](maxlen=WINDOW), deque[float](maxlen=WINDOW)
        self._errors = [0, 0]

    def looks(self) -> Iterator[Evidence]:
        """What the judge sees, look by look."""
        for look in range(1, self._scenario.looks + 1):
            canary = self._more(0, 2, self._scenario.answers, look)
            stable = self._more(1, 1, self._scenario.answers * STABLE_TIMES, look)
            yield Evidence(canary, stable, duration_s=look * LOOK_S)

    def _more(self, side: int, version: int, answers: int, look: int) -> VersionEvidence:
        rate = (self._scenario.canary_errors, self._scenario.stable_errors)[side]
        self._errors[side] += failures(self._rng, answers, rate)
        errors = Count(self._errors[side], answers * look)
        return VersionEvidence(version, errors, self._timed(side, answers))

    def _timed(self, side: int, answers: int) -> Sequence[float]:
        if self._scenario.slower is None:
            return FLAT
        times = self._scenario.slower if side == 0 else 1.0
        self._latencies[side].extend(10 * times * self._rng.lognormvariate(0, 0.5) for _ in range(answers))
        return self._latencies[side]


def failures(rng: random.Random, answers: int, rate: float) -> int:
    """How many of independent answers fail, by the gaps between failures."""
    if rate >= 1:
        return answers
    found, place = -1, 0
    while place <= answers:
        place += 1 + math.floor(math.log(1 - rng.random()) / math.log1p(-rate))
        found += 1
    return found


def simulate(scenario: Scenario, runs: int, policy: JudgePolicy = POLICY) -> Outcome:
    """Play so many canaries, each from a seed of its own, until the judge decides."""
    decided = [found for run in range(runs) if (found := _play(scenario, policy, f"{scenario.name} {run}"))]
    decisions = [verdict.decision for verdict, _ in decided]
    return Outcome(
        scenario,
        decisions.count("rollback") / runs,
        decisions.count("promote") / runs,
        median(answers for _, answers in decided) if decided else None,
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """As Markdown."""
    lines = [
        "| canary | looks | rolled back | promoted | undecided | answers of the canary, median |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_line, outcomes)])


def _play(scenario: Scenario, policy: JudgePolicy, seed: str) -> tuple[Verdict, int] | None:
    for evidence in Canary(scenario, random.Random(seed)).looks():  # noqa: S311 - reproducible, and no secret
        verdict = judge(evidence, policy)
        if verdict.decision != "wait":
            return verdict, evidence.canary.errors.total
    return None


def _line(one: Outcome) -> str:
    shares = one.rolled_back, one.promoted, 1 - one.rolled_back - one.promoted
    cells = [one.scenario.name, f"{one.scenario.looks}", *(f"{share:.1%}" for share in shares)]
    return f"| {' | '.join(cells)} | {'–' if one.answers is None else f'{one.answers:,.0f}'} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="canaries of each kind (a fifth of it for latency)")
    runs = parser.parse_args().runs
    print(table([simulate(one, runs) for one in ERRORS]))
    print()
    print(table([simulate(one, max(1, runs // 5)) for one in LATENCY]))


if __name__ == "__main__":
    main()
