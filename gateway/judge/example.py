"""`python -m gateway.judge.example SVG`: two canaries under the default policy, look by look, as tables and a picture.

The canaries are those of `simulate`, from fixed seeds, so that everybody gets the same.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.judge.drawing import Curve, draw
from gateway.judge.evidence import Count, Evidence
from gateway.judge.rule import judge
from gateway.judge.simulate import POLICY, Canary, Scenario
from gateway.judge.verdict import Decision

SEED = "example"
CANARIES = (
    Scenario("as good as the stable version: 0.1 % fail", 0.001, 0.001),
    Scenario("worse by 2 points, from 0.1 %", 0.021, 0.001),
)


class Look(NamedTuple):
    """What the judge saw and said once."""

    minutes: float
    canary: Count
    stable: Count
    low: float
    """Of the difference of errors, in points."""
    estimate: float
    high: float
    decision: Decision
    sentence: str


def looks(scenario: Scenario, seed: str = SEED) -> Iterator[Look]:
    """All looks at one canary, up to the decision."""
    for evidence in Canary(scenario, random.Random(f"{scenario.name} {seed}")).looks():  # noqa: S311 - no secret
        look = _look(evidence)
        yield look
        if look.decision != "wait":
            return


def table(seen: Sequence[Look]) -> str:
    """The first, second, fourth and so on, and the last look, as Markdown."""
    lines = [
        "| minutes | canary failed | stable failed | difference, points | interval | the judge says |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    told = {2**power for power in range(len(seen)) if 2**power < len(seen)} | {len(seen)}
    return "\n".join([*lines, *(_line(seen[number - 1]) for number in sorted(told))])


def picture(played: Sequence[Sequence[Look]]) -> str:
    """The intervals of all canaries over their answers, as SVG."""
    curves = [_curve(scenario, seen) for scenario, seen in zip(CANARIES, played, strict=True)]
    return draw(curves, threshold=POLICY.max_error_increase_points)


def _look(evidence: Evidence) -> Look:
    verdict = judge(evidence, POLICY)
    errors = next(one for one in verdict.criteria if one.name == "errors")
    figures = (errors.low or 0.0, errors.estimate or 0.0, errors.high or 0.0)
    counts = evidence.canary.errors, evidence.stable.errors
    return Look(evidence.duration_s / 60, *counts, *figures, verdict.decision, verdict.sentence)


def _line(look: Look) -> str:
    cells = [
        f"{look.minutes:.0f}",
        f"{look.canary.hits:,} of {look.canary.total:,}",
        f"{look.stable.hits:,} of {look.stable.total:,}",
        f"{look.estimate:+.2f}",
        f"{look.low:+.2f} to {look.high:+.2f}",
        f"`{look.decision}`",
    ]
    return f"| {' | '.join(cells)} |"


def _curve(scenario: Scenario, seen: Sequence[Look]) -> Curve:
    return Curve(
        title=f"{scenario.name}: {seen[-1].decision} after {seen[-1].canary.total:,} answers",
        points=tuple((look.canary.total, look.low, look.estimate, look.high) for look in seen),
    )


def main() -> None:
    """Print the tables, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("svg", type=Path, help="where the picture goes")
    place: Path = parser.parse_args().svg
    played = [list(looks(scenario)) for scenario in CANARIES]
    for scenario, seen in zip(CANARIES, played, strict=True):
        print(f"{scenario.name}\n\n{table(seen)}\n\n> {seen[-1].sentence}\n")
    place.write_text(picture(played))


if __name__ == "__main__":
    main()
