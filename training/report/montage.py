"""Pictures side by side with a few words under each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from training.data.dataset import Pixels
from training.report import style

THUMBNAIL = 96
"""Larger pictures are reduced to so many pixels a side: a report stays small."""
LINE = 0.17
"""Inches that a line of words takes."""


@dataclass(frozen=True)
class Tile:
    """One picture uint8 [height, width, channels] with the lines under it."""

    picture: Pixels
    words: str = ""


def thumbnail(picture: Pixels) -> Pixels:
    """The picture, reduced where it is larger than `THUMBNAIL`; grey ones become RGB."""
    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).convert("RGB")
    image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return np.asarray(image)


def montage(tiles: Sequence[Tile], columns: int, lines: int) -> Figure:
    """The tiles row by row, each with up to `lines` lines of words."""
    rows = -(-len(tiles) // columns)
    side = style.WIDTH / columns
    step = 0.92 * side + lines * LINE
    figure = style.figure(rows * step + 0.1)
    axes = blank(figure, columns, rows * step / side)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        show(axes, tile.picture, column + 0.04, row * step / side, 0.92)
        letters = 8 if columns <= 8 else 7
        axes.text(column + 0.04, row * step / side + 0.94, tile.words, fontsize=letters, va="top", linespacing=1.1)
    return figure


def blank(figure: Figure, width: float, height: float) -> Axes:
    """Axes without lines, from the upper left corner."""
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    return axes


def show(axes: Axes, picture: Pixels, left: float, top: float, side: float) -> None:
    """Put a picture into a square of the axes, as large as its aspect ratio allows."""
    small = thumbnail(picture)
    scale = side / max(small.shape[:2])
    height, width = small.shape[0] * scale, small.shape[1] * scale
    limits = axes.axis()
    axes.imshow(small, extent=(left, left + width, top + height, top))
    axes.axis(limits)
