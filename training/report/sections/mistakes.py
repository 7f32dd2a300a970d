"""The mistakes that the network was surest of, as pictures; and the answers that it was surest and right about."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from training.data.dataset import DataSet, Labels
from training.report import style
from training.report.answers import Answers
from training.report.material import Material
from training.report.montage import Tile, montage
from training.report.section import Section
from training.report.words import counted, percent, quoted

SHOWN = 24
COLUMNS = 8
SURE = 0.9


@dataclass(frozen=True)
class Mistakes:
    """The wrong answers, the surest first: indices int64 [m] into the test pictures."""

    indices: Labels
    answers: Answers

    @classmethod
    def of(cls, answers: Answers) -> "Mistakes":
        """Find and sort them."""
        wrong = np.flatnonzero(~answers.right)
        return cls(wrong[np.argsort(-answers.confidence[wrong], kind="stable")], answers)

    @property
    def sure(self) -> int:
        """How many were given with at least 90 % confidence."""
        return int((self.answers.confidence[self.indices] >= SURE).sum())


def section(material: Material) -> Section | None:
    """The section, where the answers and the pictures are known."""
    if material.answers is None or material.data is None:
        return None
    mistakes, data = Mistakes.of(material.answers), material.data
    draw = (lambda: _draw(mistakes, data)) if len(mistakes.indices) else None
    return Section("mistakes", "The surest mistakes", sentence(mistakes, material.labels), draw)


def sentence(mistakes: Mistakes, labels: tuple[str, ...]) -> str:
    """What the surest mistake is, and how many are given with confidence."""
    answers, count = mistakes.answers, len(mistakes.indices)
    if not count:
        return f"There is no mistake in {counted(len(answers), 'test picture')}."
    first = int(mistakes.indices[0])
    truth, answer = quoted(labels[answers.truth[first]]), quoted(labels[answers.labels[first]])
    sure = f"{mistakes.sure:,}" if mistakes.sure else "none"
    return (
        f"The surest mistake takes {truth} for {answer} with {percent(float(answers.confidence[first]))}; "
        f"{sure} of {counted(count, 'mistake')} ({percent(mistakes.sure / count)}) "
        f"{'is' if mistakes.sure == 1 else 'are'} made with a confidence of {percent(SURE, 0)} or more."
    )


def _draw(mistakes: Mistakes, data: DataSet) -> Figure:
    answers, names = mistakes.answers, style.plot_labels(data.labels, 12)
    tiles = []
    for index in mistakes.indices[:SHOWN].tolist():
        truth, answer = (names[data.labels[one[index]]] for one in (answers.truth, answers.labels))
        words = f"{truth}\n→ {answer}\n{percent(float(answers.confidence[index]))}"
        tiles.append(Tile(data.test.images[index], words))
    return montage(tiles, COLUMNS, lines=3)
