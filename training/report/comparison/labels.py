"""What each label gains or loses from the first to the second version."""

from matplotlib.figure import Figure

from contract.metrics import ClassScores
from training.report import style
from training.report.comparison.contest import Contest
from training.report.section import Section, Table
from training.report.words import percent, points, quoted

MOST = 30
"""The plot shows the labels that change most, up to so many."""

Pairs = tuple[tuple[ClassScores, ClassScores], ...]


def section(contest: Contest) -> Section:
    """The section."""
    pairs = contest.classes
    text = sentence(pairs) + _strangers(contest)
    return Section("labels", "Each label", text, lambda: _draw(pairs, contest.names), table(pairs, contest.names))


def gain(pair: tuple[ClassScores, ClassScores]) -> float:
    """By how much the second version's recall of a label is higher."""
    return pair[1].recall - pair[0].recall


def sentence(pairs: Pairs) -> str:
    """Which label gains most, and which loses most."""
    best, worst = max(pairs, key=gain), min(pairs, key=gain)
    if gain(best) == gain(worst) == 0:
        return "No label's recall changes."
    if gain(worst) >= 0:
        return f"No label loses; {_change(best)}."
    if gain(best) <= 0:
        return f"No label gains; {_change(worst)}."
    return f"{_change(best)}; {_change(worst)}."


def _change(pair: tuple[ClassScores, ClassScores]) -> str:
    verb = "gains most" if gain(pair) > 0 else "loses most"
    span = f"from {percent(pair[0].recall)} to {percent(pair[1].recall)}"
    return f"{quoted(pair[0].label)} {verb}, {points(gain(pair))} of recall ({span})"


def _strangers(contest: Contest) -> str:
    names = zip(contest.names, (contest.first, contest.second), strict=True)
    shared = set(contest.shared_labels)
    alone = [f"{len(set(side.labels) - shared)} only {name}" for name, side in names if set(side.labels) - shared]
    return f" Compared are the {len(shared)} labels that both know; {' and '.join(alone)} knows." if alone else ""


def table(pairs: Pairs, names: tuple[str, str]) -> Table:
    """One row a label: recall and F1 in both versions, and the differences."""
    columns = ("label", *(f"{what} {name}" for what in ("recall", "F1") for name in names), "recall", "F1")
    return Table((*columns[:-2], "± recall", "± F1"), tuple(_row(*pair) for pair in pairs))


def _row(one: ClassScores, other: ClassScores) -> tuple[str, ...]:
    recalls = (percent(one.recall), percent(other.recall))
    f1 = (f"{one.f1:.3f}", f"{other.f1:.3f}")
    return (one.label, *recalls, *f1, f"{100 * (other.recall - one.recall):+.1f}", f"{other.f1 - one.f1:+.3f}")


def _draw(pairs: Pairs, names: tuple[str, str]) -> Figure:
    changed = sorted(pairs, key=lambda pair: -abs(gain(pair)))[:MOST]
    shown = sorted(changed, key=gain)
    figure = style.figure(1.1 + 0.26 * len(shown))
    axes = figure.subplots()
    gains = [100 * gain(pair) for pair in shown]
    axes.barh(range(len(shown)), gains, color=[style.BLUE if value >= 0 else style.RED for value in gains])
    axes.axvline(0, color=style.BLACK, linewidth=0.8)
    labels = style.plot_labels(tuple(pair[0].label for pair in pairs))
    axes.set_yticks(range(len(shown)), [labels[pair[0].label] for pair in shown])
    axes.set_xlabel("points of recall")
    title = f"From {names[0]} to {names[1]}"
    axes.set_title(f"{title}: the {MOST} of {len(pairs)} labels that change most" if len(pairs) > MOST else title)
    return figure
