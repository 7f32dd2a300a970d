"""Curves as SVG, by text alone: the same numbers give the same file, and a page that holds it needs nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, isfinite, log10

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 720, 240, 64, 34, 44, 24
COLOURS = ("#08519c", "#d94801", "#238b45", "#6a51a3")
STYLE = "text{font:13px sans-serif;fill:#333}.small{font-size:11px}.frame{fill:none;stroke:#999}.grid{stroke:#ddd}"
STYLE += ".line{fill:none;stroke-width:1.5}.limit{stroke:#cb181d;stroke-width:1.5;stroke-dasharray:6 4}"
LINES = 4
"""Of the grid, in each direction."""
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    points: Points
    """In the order of their first number; what isn't a number is left out."""


@dataclass(frozen=True)
class Panel:
    """Curves over the same axis."""

    title: str
    x: str
    lines: tuple[Line, ...]
    limit: float | None = None
    """A dashed line, such as what was promised."""
    top: float | None = None
    """The highest value that is shown; else the highest there is."""
    right: float | None = None
    """Where the axis ends; else with the last point."""


def draw(panels: Sequence[Panel]) -> str:
    """The panels below one another."""
    height = HEIGHT * len(panels)
    drawn = "\n".join(_Drawn(panel, HEIGHT * place).text() for place, panel in enumerate(panels))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return f'{head}\n<style>{STYLE}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n{drawn}\n</svg>\n'


def number(value: float) -> str:
    """A short text for an axis."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


class _Drawn:
    def __init__(self, panel: Panel, offset: int) -> None:
        self._panel = panel
        self._first, self._last = offset + TOP, offset + HEIGHT - BOTTOM
        points = [point for line in panel.lines for point in line.points]
        self._width = panel.right or max((x for x, _ in points), default=1.0) or 1.0
        highest = max((y for _, y in points if isfinite(y)), default=1.0)
        self._top = rounded_up(panel.top or max(highest, panel.limit or 0.0))

    def text(self) -> str:
        return "\n".join([*self._axes(), *self._names(), *self._curves(), *self._limit()])

    def _axes(self) -> Iterator[str]:
        for part in range(LINES + 1):
            y, x = self._y(self._top * part / LINES), self._x(self._width * part / LINES)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield _small(LEFT - 6, y + 4, number(self._top * part / LINES), "end")
            yield _small(x, self._last + 16, number(self._width * part / LINES), "middle")
        yield _small((LEFT + WIDTH - RIGHT) / 2, self._last + 32, self._panel.x, "middle")
        size = f'width="{WIDTH - RIGHT - LEFT}" height="{self._last - self._first}"'
        yield f'<rect class="frame" x="{LEFT}" y="{self._first}" {size}/>'

    def _names(self) -> Iterator[str]:
        yield f'<text x="{LEFT}" y="{self._first - 12}">{escape(self._panel.title)}</text>'
        names = "  ".join(f'<tspan fill="{colour}">{escape(line.name)}</tspan>' for line, colour in self._coloured())
        yield f'<text text-anchor="end" x="{WIDTH - RIGHT}" y="{self._first - 12}">{names}</text>'

    def _curves(self) -> Iterator[str]:
        for line, colour in self._coloured():
            shown = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in line.points if isfinite(y))
            yield f'<polyline class="line" stroke="{colour}" points="{shown}"/>'

    def _limit(self) -> Iterator[str]:
        if self._panel.limit is not None:
            y = self._y(self._panel.limit)
            yield f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'

    def _coloured(self) -> Iterator[tuple[Line, str]]:
        return zip(self._panel.lines, COLOURS, strict=False)

    def _x(self, value: float) -> float:
        return LEFT + (WIDTH - RIGHT - LEFT) * value / self._width

    def _y(self, value: float) -> float:
        return self._last - (self._last - self._first) * min(value, self._top) / self._top


def _small(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="small" text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def rounded_up(value: float) -> float:
    """The next number that a fourth of is short: 1, 2, 4 or 8 times a power of ten."""
    power = 10.0 ** floor(log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value * (1 - 1e-9))
