"""Curves that a reader can look into, by Plotly: values under the pointer, zoom, curves that are switched off."""

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure, Scatter
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from loadtest.drawing import Panel

WIDTH, HEIGHT = 880, 260
"""Pixels; the height is a panel's. Fixed, as a part of the page that is folded has no width of its own."""
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#17becf")
PROMISED = "#cb181d"
CONFIG = {"displaylogo": False}


def script() -> str:
    """What a page needs once, however many curves it has; about four megabytes."""
    return f"<script>{get_plotlyjs()}</script>"


def draw(panels: Sequence[Panel]) -> str:
    """The panels below one another, as a part of a page with `script`."""
    titles = [f"<b>{panel.title}</b>" for panel in panels]
    figure = make_subplots(len(panels), 1, subplot_titles=titles, vertical_spacing=0.36 / len(panels))
    for row, panel in enumerate(panels, start=1):
        _fill(figure, row, panel)
    figure.update_layout(
        width=WIDTH, height=HEIGHT * len(panels), template="plotly_white", margin={"l": 60, "r": 20, "t": 40, "b": 50}
    )
    html: str = figure.to_html(full_html=False, include_plotlyjs=False, config=CONFIG)
    return html


def _fill(figure: Figure, row: int, panel: Panel) -> None:
    for line, colour in zip(panel.lines, COLOURS, strict=False):
        x, y = zip(*line.points, strict=True) if line.points else ((), ())
        several = len(panel.lines) > 1
        curve = Scatter(x=x, y=y, name=line.name, line={"color": colour}, mode="lines", legendgroup=f"{row}")
        curve.update(showlegend=several, legendgrouptitle_text=panel.title if several else None)
        figure.add_trace(curve, row=row, col=1)
    if panel.limit is not None:
        figure.add_hline(panel.limit, line={"color": PROMISED, "dash": "dash"}, annotation_text="promised", row=row)
    figure.update_xaxes(title_text=panel.x, **_from_zero(panel.right), row=row)
    figure.update_yaxes(**_from_zero(panel.top), row=row)


def _from_zero(end: float | None) -> dict[str, Any]:
    return {"rangemode": "tozero"} if end is None else {"range": [0, end]}
