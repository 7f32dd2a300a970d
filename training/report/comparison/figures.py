"""Both versions' main figures side by side, and whether the difference is more than chance."""

from contract.metrics import BinaryScores
from training.report.comparison.contest import Contest
from training.report.comparison.paired import LEVEL, Paired
from training.report.material import Material
from training.report.section import Section, Table
from training.report.sections.calibration import calibration_error, reliability
from training.report.words import counted, percent, points

SIGNIFICANT = 0.05


def section(contest: Contest) -> Section:
    """The section."""
    return Section("figures", "Figures side by side", sentence(contest), table=table(contest))


def sentence(contest: Contest) -> str:
    """Which version is better, by how much, and whether that is more than chance."""
    accuracies = tuple(side.evaluation.accuracy for side in (contest.first, contest.second))
    paired = contest.paired
    if paired is None:
        both = (
            f"{percent(accuracies[0], 2)} in {contest.names[0]} and {percent(accuracies[1], 2)} in {contest.names[1]}"
        )
        return f"The test accuracy is {both}; whether that is more than chance stays open, because {contest.obstacle}."
    return f"{_verdict(contest, paired)} ({_proof(contest.names[1], paired, contest.first.noun)})."


def _verdict(contest: Contest, paired: Paired) -> str:
    first, second = contest.names
    same = f"the same test {contest.first.noun}s"
    size = points(paired.difference, 2)
    if paired.difference == 0:
        return f"{first.capitalize()} and {second} get equally many of {same} right"
    better, worse = (second, first) if paired.difference > 0 else (first, second)
    if paired.p_value >= SIGNIFICANT:
        return f"{better.capitalize()} is {size} better than {worse} on {same}, which may be chance"
    return f"{better.capitalize()} is {size} better than {worse} on {same}, more than chance explains"


def _proof(second: str, paired: Paired, noun: str) -> str:
    won, lost = len(paired.won), len(paired.lost)
    low, high = (f"{100 * end:+.2f}" for end in paired.interval())
    return (
        f"{second} wins {counted(won, noun)} and loses {lost:,}, McNemar's p = {paired.p_value:.2g}, "
        f"{percent(LEVEL, 0)} interval of its advantage {low} to {high} points"
    )


def table(contest: Contest) -> Table:
    """One row a figure, with the difference."""
    # Figures of a decision are shown where both versions decide.
    rows = zip(_figures(contest.first), _figures(contest.second), strict=False)
    cells = tuple((name, _shown(one), _shown(other), _difference(one, other)) for (name, one), (_, other) in rows)
    return Table(("figure", *contest.names, "difference"), cells)


def _figures(side: Material) -> list[tuple[str, float | None]]:
    evaluation, answers = side.evaluation, side.answers
    error = calibration_error(reliability(answers.confidence, answers.right)) if answers else None
    return [
        ("test accuracy", evaluation.accuracy),
        ("macro precision", evaluation.macro.precision),
        ("macro recall", evaluation.macro.recall),
        ("macro F1", evaluation.macro.f1),
        ("weighted F1", evaluation.weighted.f1),
        ("ROC-AUC", evaluation.roc_auc),
        ("expected calibration error", error),
        *_binary(evaluation.binary),
    ]


def _binary(scores: BinaryScores | None) -> list[tuple[str, float | None]]:
    if scores is None:
        return []
    figures = ("ks", "gini", "average_precision", "brier", "log_loss", "threshold")
    return [(name.replace("_", " "), getattr(scores, name)) for name in figures]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _difference(one: float | None, other: float | None) -> str:
    return "–" if one is None or other is None else f"{other - one:+.4f}"
