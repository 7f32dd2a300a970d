"""The comparison of two versions as a page, and as figures for programs."""

from datetime import UTC, datetime
from typing import Any

from training.report.comparison import figures, labels, pictures
from training.report.comparison.contest import Contest
from training.report.outline import Tell, make_parts
from training.report.page import Page, Pairs, render
from training.report.words import counted, percent


class Comparison:
    """Two versions compared, drawn."""

    def __init__(self, contest: Contest, tell: Tell = lambda _: None) -> None:
        sections = {
            "figures": lambda: figures.section(contest),
            "labels": lambda: labels.section(contest),
            "won": lambda: pictures.won(contest),
            "lost": lambda: pictures.lost(contest),
        }
        self.verdict = figures.sentence(contest)
        self.parts = make_parts(sections.items(), tell)
        self._contest = contest

    def html(self) -> bytes:
        """The comparison as one HTML file of less than 3 MB."""
        return render(self._page())

    def summary(self) -> dict[str, Any]:
        """The figures, as JSON can hold them."""
        contest, paired = self._contest, self._contest.paired
        sides = zip(("first", "second"), (contest.first, contest.second), strict=True)
        return {
            **{name: {"version": side.version, "accuracy": side.evaluation.accuracy} for name, side in sides},
            "comparable": paired is not None,
            "obstacle": contest.obstacle,
            "difference": paired and paired.difference,
            "interval": paired and paired.interval(),
            "p_value": paired and paired.p_value,
            "won": paired and len(paired.won),
            "lost": paired and len(paired.lost),
            "recall": {one.label: [one.recall, other.recall] for one, other in contest.classes},
            "statements": {part.name: part.sentence for part in self.parts},
        }

    def _page(self) -> Page:
        contest = self._contest
        missing = "The pictures themselves are missing: the data were not at hand."
        return Page(
            title=f"{contest.first.model}: {contest.names[0]} and {contest.names[1]}",
            summary=_ground(contest),
            figures=_accuracies(contest),
            parts=self.parts,
            origin=_origin(contest),
            notes=(missing,) if contest.lacks_pictures else (),
        )


def _ground(contest: Contest) -> str:
    noun = contest.first.noun
    if contest.obstacle:
        return f"The versions can't be compared {noun} by {noun}: {contest.obstacle}."
    return f"Both versions answered the same {counted(contest.first.evaluation.examples, f'test {noun}')}."


def _accuracies(contest: Contest) -> Pairs:
    sides = zip(contest.names, (contest.first, contest.second), strict=True)
    return tuple((f"test accuracy, {name}", percent(side.evaluation.accuracy, 2)) for name, side in sides)


def _origin(contest: Contest) -> Pairs:
    sides = zip(contest.names, (contest.first, contest.second), strict=True)
    runs = tuple((f"run of {name}", side.lineage.run) for name, side in sides)
    parameters = tuple(_parameters(contest))
    return (*runs, *parameters, ("comparison made", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"))


def _parameters(contest: Contest) -> Pairs:
    """The parameters in which the versions differ."""
    first, second = contest.first.lineage.parameters, contest.second.lineage.parameters
    differing = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    return tuple((name, f"{first.get(name, '–')} → {second.get(name, '–')}") for name in differing)
