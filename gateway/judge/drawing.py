"""A picture of intervals over time, as SVG, by text alone: the gateway has no library that draws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 720, 250, 60, 34, 40, 28
LOWEST, HIGHEST = -2.0, 6.0
"""Points that are shown; the first intervals are far wider."""
STYLE = "text{font:13px sans-serif;fill:#333}.small{font-size:11px}.frame{fill:none;stroke:#999}.grid{stroke:#ddd}"
STYLE += ".band{fill:#9ecae1;fill-opacity:.6}.line{fill:none;stroke:#08519c;stroke-width:1.5}"
STYLE += ".limit{stroke:#cb181d;stroke-width:1.5;stroke-dasharray:6 4}.limit-text{fill:#cb181d;font-size:11px}"


@dataclass(frozen=True)
class Curve:
    """One interval over the number of answers."""

    title: str
    points: tuple[tuple[int, float, float, float], ...]
    """Answers, lower bound, estimate, upper bound."""


def draw(curves: Sequence[Curve], *, threshold: float) -> str:
    """A panel for each curve, below one another, with a line at the threshold."""
    height = HEIGHT * len(curves)
    panels = "\n".join(_Panel(curve, HEIGHT * place).drawn(threshold) for place, curve in enumerate(curves))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return f'{head}\n<style>{STYLE}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n{panels}\n</svg>\n'


@dataclass(frozen=True)
class _Panel:
    curve: Curve
    top: int

    def drawn(self, threshold: float) -> str:
        """The panel's elements."""
        return "\n".join([*self._axes(), *self._data(), *self._limit(threshold)])

    def _axes(self) -> Iterator[str]:
        first, last = self.top + TOP, self.top + HEIGHT - BOTTOM
        yield f'<text x="{LEFT}" y="{first - 12}">{escape(self.curve.title)}</text>'
        for points in range(int(LOWEST), int(HIGHEST) + 1, 2):
            y = self._y(points)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - GAP}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="small" text-anchor="end" x="{LEFT - 6}" y="{y + 4:.1f}">{points:+d}</text>'
        for part in range(5):
            answers = self._most * part / 4
            where = f'text-anchor="middle" x="{self._x(answers):.1f}" y="{last + 16}"'
            yield f'<text class="small" {where}>{answers:,.0f}</text>'
        middle = (LEFT + WIDTH - GAP) / 2
        yield f'<text class="small" text-anchor="middle" x="{middle:.0f}" y="{last + 31}">answers of the canary</text>'
        where = f'x="14" y="{(first + last) / 2:.0f}" transform="rotate(-90 14 {(first + last) / 2:.0f})"'
        yield f'<text class="small" text-anchor="middle" {where}>more errors, points</text>'
        yield f'<rect class="frame" x="{LEFT}" y="{first}" width="{WIDTH - GAP - LEFT}" height="{last - first}"/>'

    def _data(self) -> Iterator[str]:
        points = self.curve.points
        upper = [(answers, high) for answers, _, _, high in points]
        lower = [(answers, low) for answers, low, _, _ in reversed(points)]
        yield f'<polygon class="band" points="{self._path([*upper, *lower])}"/>'
        yield f'<polyline class="line" points="{self._path([(one[0], one[2]) for one in points])}"/>'

    def _limit(self, threshold: float) -> Iterator[str]:
        y = self._y(threshold)
        yield f'<line class="limit" x1="{LEFT}" x2="{WIDTH - GAP}" y1="{y:.1f}" y2="{y:.1f}"/>'
        where = f'text-anchor="end" x="{WIDTH - GAP - 4}" y="{y - 4:.1f}"'
        yield f'<text class="limit-text" {where}>{threshold:g} allowed</text>'

    @property
    def _most(self) -> int:
        return self.curve.points[-1][0]

    def _path(self, points: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{self._x(answers):.1f},{self._y(value):.1f}" for answers, value in points)

    def _x(self, answers: float) -> float:
        return LEFT + (WIDTH - GAP - LEFT) * answers / self._most

    def _y(self, value: float) -> float:
        shown = min(HIGHEST, max(LOWEST, value))
        height = HEIGHT - TOP - BOTTOM
        return self.top + TOP + height * (HIGHEST - shown) / (HIGHEST - LOWEST)
