"""Pictures that one version gets right and the other wrong."""

import numpy as np
from matplotlib.figure import Figure

from training.data.dataset import DataSet, Labels
from training.report import style
from training.report.answers import Answers
from training.report.comparison.contest import Contest
from training.report.montage import Tile, montage
from training.report.section import Section
from training.report.words import counted, percent, quoted

SHOWN = 16
COLUMNS = 8


def won(contest: Contest) -> Section | None:
    """What only the second version gets right."""
    paired = contest.paired
    if paired is None or contest.first.answers is None or contest.second.answers is None:
        return None
    return _section("won", contest.names[::-1], paired.won, (contest.second.answers, contest.first.answers), contest)


def lost(contest: Contest) -> Section | None:
    """What only the first version gets right."""
    paired = contest.paired
    if paired is None or contest.first.answers is None or contest.second.answers is None:
        return None
    return _section("lost", contest.names, paired.lost, (contest.first.answers, contest.second.answers), contest)


def _section(
    name: str, names: tuple[str, str], indices: Labels, answers: tuple[Answers, Answers], contest: Contest
) -> Section:
    right, wrong = answers
    surest = indices[np.argsort(-wrong.confidence[indices], kind="stable")]
    text = sentence(names, surest, wrong, contest.first.labels, contest.first.noun)
    data = contest.data
    draw = (lambda: _draw(surest[:SHOWN], right, wrong, data)) if data is not None and len(surest) else None
    return Section(name, f"Only {names[0]} is right", text, draw)


def sentence(
    names: tuple[str, str], indices: Labels, wrong: Answers, labels: tuple[str, ...], noun: str = "picture"
) -> str:
    """How many there are, and of which label most."""
    if not len(indices):
        return f"There is no {noun} that only {names[0]} gets right."
    share = percent(len(indices) / len(wrong))
    verb = "is" if len(indices) == 1 else "are"
    begin = f"{counted(len(indices), f'test {noun}')} ({share}) that {names[1]} gets wrong {verb} right in {names[0]}"
    return f"{begin}; {_most(np.bincount(wrong.truth[indices]), labels)}."


def _most(counts: Labels, labels: tuple[str, ...]) -> str:
    """Which label most of them have."""
    most, total = int(counts.max()), int(counts.sum())
    found = np.flatnonzero(counts == most)
    label = quoted(labels[found[0]])
    if most == total:
        return f"the true label is {label}" if total == 1 else f"the true label of all is {label}"
    rest = (
        "more than of any other label" if len(found) == 1 else f"as many as of {counted(len(found) - 1, 'other label')}"
    )
    return f"{most:,} of them {'is' if most == 1 else 'are'} {label}, {rest}"


def _draw(indices: Labels, right: Answers, wrong: Answers, data: DataSet) -> Figure:
    names = style.plot_labels(data.labels, 12)
    tiles = []
    for index in indices.tolist():
        truth, answer = (names[data.labels[one[index]]] for one in (right.truth, wrong.labels))
        words = f"{truth} {percent(float(right.confidence[index]), 0)}"
        tiles.append(
            Tile(data.test.images[index], f"{words}\nnot {answer}\n({percent(float(wrong.confidence[index]), 0)})")
        )
    return montage(tiles, COLUMNS, lines=3)
