"""How plots look, and how they become PNG files."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from PIL import Image

from training.report.words import shortened

# Okabe and Ito, "Color Universal Design" (2008): told apart with every common colour blindness.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#222222"
PALETTE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
GREY = "#BBBBBB"
CHANNELS = {1: (BLACK,), 3: (RED, GREEN, BLUE)}
"""The colours of a picture's channels."""
SEQUENTIAL = "Blues"

WIDTH = 8.0
"""Inches; every plot is about so wide, so that letters have one size on a page."""
RESOLUTION = 110
"""Pixels an inch."""
COLOURS = 256

FONT = "DejaVu Sans"
"""Comes with matplotlib, so a report looks alike on every machine."""

# Untyped: matplotlib's own type is a list of all names that a style may set.
STYLE: Any = {
    "font.family": FONT,
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "lines.linewidth": 1.8,
}


def png(draw: Callable[[], Figure]) -> bytes:
    """Draw in our style and encode with 256 colours, which halves a plot and quarters a plot of pictures."""
    drawn, small = io.BytesIO(), io.BytesIO()
    with mpl.rc_context(STYLE):
        draw().savefig(drawn, format="png", dpi=RESOLUTION, pil_kwargs={"compress_level": 0})
    image = Image.open(drawn).convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT)
    image.save(small, format="PNG")
    return small.getvalue()


def figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, in inches, that no global state of matplotlib knows."""
    return Figure((width, height))


def plot_labels(labels: tuple[str, ...], longest: int = 24) -> dict[str, str]:
    """All labels as plots can show them: cut where long, and by their number where the font lacks their letters."""
    return {label: _plot_label(label, number, longest) for number, label in enumerate(labels)}


def _plot_label(label: str, number: int, longest: int) -> str:
    if any(ord(letter) not in _letters() for letter in label):
        return f"label {number}"
    # Matplotlib would take what stands between two dollar signs for a formula.
    return shortened(label, longest).replace("$", r"\$")


@cache
def _letters() -> frozenset[int]:
    path = Path(str(font_manager.findfont(FONT)))
    return frozenset(FT2Font(str(path)).get_charmap())
