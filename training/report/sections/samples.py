"""Sample pictures of each label."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.data.dataset import DataSet, Labels, Split
from training.report import style
from training.report.material import Material
from training.report.montage import blank, show
from training.report.section import Section
from training.report.words import all_labels, counted, quoted

LOOKED_AT = 500
"""A label's brightness is that of so many of its pictures, evenly taken."""
ALIKE = 3
"""Grey levels: nearer labels are called equally bright."""
MOST = 120
"""Labels beyond so many are not shown."""
NAME = 2.5
"""Width that a label's name takes, in pictures."""


class Layout(NamedTuple):
    """How the labels stand on the page."""

    blocks: int
    """Columns of labels."""
    samples: int
    """Pictures a label."""


def section(material: Material) -> Section | None:
    """The section, where the data are known."""
    if material.data is None:
        return None
    data = material.data
    text = sentence(data.labels, brightness(data.train, len(data.labels)))
    return Section("samples", "Sample training pictures", text, lambda: _draw(data))


def brightness(split: Split, labels: int) -> NDArray[np.float64]:
    """The mean grey level (0 to 255) of each label's pictures, float64 [labels]; NaN where there is none."""
    found = [evenly(np.flatnonzero(split.labels == number), LOOKED_AT) for number in range(labels)]
    return np.array([split.images[chosen].mean() if len(chosen) else np.nan for chosen in found])


def evenly(indices: Labels, most: int) -> Labels:
    """At most so many of the indices int64 [n], evenly taken."""
    return indices if len(indices) <= most else indices[np.linspace(0, len(indices) - 1, most).astype(np.int64)]


def sentence(labels: tuple[str, ...], levels: NDArray[np.float64]) -> str:
    """Which label's pictures are brightest and which darkest; a brightness that gives labels away shows here."""
    bright, dark = int(np.nanargmax(levels)), int(np.nanargmin(levels))
    gap = levels[bright] - levels[dark]
    if gap < ALIKE:
        return f"The pictures of {all_labels(len(labels))} are about as bright, {levels[bright]:.0f} of 255 on average."
    return (
        f"{quoted(labels[bright])} has the brightest pictures and {quoted(labels[dark])} the darkest: "
        f"{levels[bright]:.0f} against {levels[dark]:.0f} of 255 on average, "
        f"{counted(round(float(gap)), 'grey level')} apart."
    )


def layout(labels: int) -> Layout:
    """Fewer pictures of each where there are many labels."""
    if labels <= 12:
        return Layout(1, 12)
    return Layout(2, 5) if labels <= 40 else Layout(3, 4)


def _draw(data: DataSet) -> Figure:
    names = list(style.plot_labels(data.labels, 16).values())[:MOST]
    blocks, samples = layout(len(names))
    rows, width = -(-len(names) // blocks), NAME + samples + 0.3
    figure = style.figure(rows * style.WIDTH / (blocks * width) + 0.1)
    axes = blank(figure, blocks * width, rows)
    for number, name in enumerate(names):
        block, row = divmod(number, rows)
        axes.text(block * width, row + 0.5, name, va="center", fontsize={1: 9, 2: 7.5, 3: 6}[blocks])
        chosen = evenly(np.flatnonzero(data.train.labels == number), samples)
        for place, index in enumerate(chosen.tolist()):
            show(axes, data.train.images[index], block * width + NAME + place, row + 0.03, 0.94)
    return figure
