"""How bright the pixels are, channel by channel."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from training.data.dataset import Pixels, Split
from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.words import listed, percent

LOOKED_AT = 20_000_000
"""Of larger splits, evenly taken pictures with so many numbers are counted."""
NAMES = {1: ("grey",), 3: ("red", "green", "blue")}
LEVELS = np.arange(256)


@dataclass(frozen=True)
class Intensities:
    """Shares of the 256 levels in each channel of a split, float64 [channels, 256]."""

    shares: NDArray[np.float64]

    @classmethod
    def of(cls, images: Pixels) -> "Intensities":
        """Count pictures uint8 [n, height, width, channels]; n is at least 1."""
        chosen = images[:: max(1, -(-images.size // LOOKED_AT))]
        counts = [np.bincount(chosen[..., channel].ravel(), minlength=256) for channel in range(images.shape[-1])]
        return cls(np.array(counts) / counts[0].sum())

    @property
    def means(self) -> NDArray[np.float64]:
        """Of each channel, float64 [channels]."""
        return self.shares @ LEVELS

    @property
    def names(self) -> tuple[str, ...]:
        """The channels' names."""
        return NAMES[len(self.shares)]


def section(material: Material) -> Section | None:
    """The section, where the data are known."""
    if material.data is None:
        return None
    train, test = (_of(split) for split in (material.data.train, material.data.test))
    return Section("intensities", "Pixel intensities", sentence(train, test), lambda: _draw(train, test))


def sentence(train: Intensities, test: Intensities) -> str:
    """The channels' means, how much is black or white, and whether the test pictures differ."""
    order = np.argsort(-train.means, kind="stable")
    means = listed([f"{train.names[i]} {train.means[i]:.1f}" for i in order])
    ends = train.shares.mean(axis=0)
    shift = test.means - train.means
    worst = int(np.argmax(np.abs(shift)))
    where = f" ({train.names[worst]})" if len(shift) > 1 else ""
    way = "brighter" if shift[worst] > 0 else "darker"
    difference = f"{abs(shift[worst]):.1f} levels {way}{where}" if abs(shift[worst]) >= 0.05 else "equally bright"
    most = "at most " if len(shift) > 1 and abs(shift[worst]) >= 0.05 else ""
    return (
        f"On average {means} of 255 in training; {percent(float(ends[0]))} of the values are black and "
        f"{percent(float(ends[255]))} white, and the test pictures are {most}{difference}."
    )


def _of(split: Split) -> Intensities:
    return Intensities.of(split.images)


def _draw(train: Intensities, test: Intensities) -> Figure:
    figure = style.figure(3.2)
    axes = figure.subplots()
    for colour, name, known, new in zip(
        style.CHANNELS[len(train.names)], train.names, train.shares, test.shares, strict=True
    ):
        axes.plot(LEVELS, known, color=colour, linewidth=1.2, label=f"{name}, training")
        axes.plot(LEVELS, new, color=colour, linewidth=1.0, linestyle=":", label=f"{name}, test")
    # Saturated values stand far above the rest: the axis shows the rest.
    axes.set_ylim(0, 1.15 * float(np.quantile(train.shares, 0.99)))
    axes.set_xlim(-2, 257)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("level")
    axes.set_ylabel("share of the values")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
    return figure
