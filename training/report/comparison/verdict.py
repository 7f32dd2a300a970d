"""Whether a challenger may take the champion's place: the rule of a model, applied to comparisons."""

from dataclasses import dataclass, field

from contract.jobs.documents import Comparison
from training.report.comparison.paired import LEVEL, Mask, Paired
from training.report.words import counted, percent, points

TEST = "test"
"""What the comparison on the model's own test set is called; the rule looks at it alone."""
ROUNDING = 1e-9
"""Differences of accuracies are differences of binary fractions."""


def compare(data: str, champion: Mask, challenger: Mask) -> Comparison:
    """Compare what both got right of the same examples, bool [n] each; n is at least 1."""
    paired = Paired(champion, challenger)
    return Comparison(
        data=data,
        examples=len(champion),
        champion_accuracy=float(champion.mean()),
        challenger_accuracy=float(challenger.mean()),
        difference=paired.difference,
        interval=paired.interval(),
        p_value=paired.p_value,
    )


@dataclass(frozen=True)
class Verdict:
    """The comparisons of a challenger with a champion, and what the rule makes of them."""

    champion: int | None
    """The champion's version; None where there is none."""
    max_loss_points: float
    """How many percentage points of test accuracy the challenger may lose."""
    comparisons: tuple[Comparison, ...] = ()
    not_compared: dict[str, str] = field(default_factory=dict)
    """Data that they weren't compared on, with the reason as a sentence."""
    noun: str = "picture"

    @property
    def test(self) -> Comparison | None:
        """The comparison on the test set, where there is one."""
        return next((comparison for comparison in self.comparisons if comparison.data == TEST), None)

    @property
    def holds(self) -> bool:
        """Whether the challenger may be published: it is good enough, or there is nothing to compare it with."""
        return self.test is None or self.test.difference >= -self.max_loss_points / 100 - ROUNDING

    @property
    def sentence(self) -> str:
        """The rule with what was found."""
        if self.champion is None:
            return "There was no version to compare the new one with, so the rule asks nothing."
        if self.test is None:
            return f"The rule asks nothing, because version {self.champion} was not compared on the test set."
        return f"{self._found(self.test)}; {self._judgement(self.test)}."

    def _found(self, test: Comparison) -> str:
        examples = counted(test.examples, f"test {self.noun}")
        return (
            f"Of the same {examples}, the new version answers {percent(test.challenger_accuracy, 2)} rightly and "
            f"version {self.champion} {percent(test.champion_accuracy, 2)}: {difference(test)}"
        )

    def _judgement(self, test: Comparison) -> str:
        limit = f"{self.max_loss_points:g} points"
        if self.holds:
            return f"the rule allows a loss of {limit}"
        return f"that is {points(test.difference, 2)} worse, and the rule allows {limit}"


def difference(comparison: Comparison) -> str:
    """The difference with its interval, in points: `-1.30 points (95% interval -1.55 to -1.05)`."""
    low, high = (f"{100 * end:+.2f}" for end in comparison.interval)
    return f"{100 * comparison.difference:+.2f} points ({percent(LEVEL, 0)} interval {low} to {high})"
