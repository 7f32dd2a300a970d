"""Test pictures that have a near-duplicate among the training pictures."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from training.data.dataset import DataSet, Labels
from training.data.duplicates import near_duplicates
from training.report import style
from training.report.answers import Answers
from training.report.material import Material
from training.report.montage import Tile, montage
from training.report.section import Section
from training.report.words import counted, percent

SHOWN = 16
"""Pairs."""
COLUMNS = 8


@dataclass(frozen=True)
class Twin:
    """A test picture and the training picture that is nearest to it, by their indices."""

    test: int
    train: int
    distance: float
    """Mean absolute difference in grey levels."""


Twins = list[Twin]


def section(material: Material) -> Section | None:
    """The section, where the data are known."""
    if material.data is None:
        return None
    data = material.data
    found = find_twins(data)
    text = sentence(found, data.train.labels, data.test.labels, material.answers)
    return Section("near-duplicates", "Near-duplicates", text, (lambda: _draw(found, data)) if found else None)


def find_twins(data: DataSet) -> Twins:
    """Each test picture that has a near-duplicate in training, with the nearest, the nearest pair first."""
    nearest: dict[int, Twin] = {}
    for pair in near_duplicates(data.train.images, data.test.images):
        nearest.setdefault(pair.second, Twin(pair.second, pair.first, pair.distance))
    return list(nearest.values())


def sentence(twins: Twins, train: Labels, test: Labels, answers: Answers | None) -> str:
    """How many test pictures training had almost seen, how many of them labelled otherwise, and what that changes."""
    if not twins:
        return f"None of the {counted(len(test), 'test picture')} has a near-duplicate among the training pictures."
    differing = sum(int(train[twin.train] != test[twin.test]) for twin in twins)
    have = "has a near-duplicate" if len(twins) == 1 else "have near-duplicates"
    text = (
        f"{len(twins):,} of {counted(len(test), 'test picture')} ({percent(len(twins) / len(test))}) {have} among the "
        f"training pictures, {differing or 'none'} of them with another label"
    )
    return f"{text}{_without(twins, answers)}."


def _without(twins: Twins, answers: Answers | None) -> str:
    if answers is None or len(twins) == len(answers):
        return ""
    rest = np.ones(len(answers), bool)
    rest[[twin.test for twin in twins]] = False
    alone, all_of_them = float(answers.right[rest].mean()), float(answers.right.mean())
    return f"; without them the accuracy is {percent(alone, 2)} instead of {percent(all_of_them, 2)}"


def _draw(twins: Twins, data: DataSet) -> Figure:
    names = style.plot_labels(data.labels, 12)
    tiles = []
    for twin in twins[:SHOWN]:
        train, test = data.labels[data.train.labels[twin.train]], data.labels[data.test.labels[twin.test]]
        tiles.append(Tile(data.test.images[twin.test], f"test: {names[test]}\ndiffers by {twin.distance:.1f}"))
        tiles.append(Tile(data.train.images[twin.train], f"train: {names[train]}"))
    return montage(tiles, COLUMNS, lines=2)
