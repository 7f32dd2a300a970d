"""The plots of docs/autoscaling.md are what their command makes."""

import re
from pathlib import Path

from loadtest.drawing import Line, Panel, draw
from loadtest.plots import PLOTS, load

DOCS = Path(__file__).parents[3] / "docs"


def test_the_plot_of_the_page_is_the_command_s() -> None:
    committed = (DOCS / "plots" / "autoscaling-load.svg").read_text()
    assert rounded(committed) == rounded(load()), "python -m loadtest.plots docs/plots"


def rounded(text: str) -> str:
    """Without what another processor's last bits change: digits, and names that are made of them."""
    named = re.sub(r"\b[mp][0-9a-f]{10}\b", "name", text)
    return re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}", named)


def test_the_page_shows_every_plot_and_each_is_small() -> None:
    page = (DOCS / "autoscaling.md").read_text()
    for name in PLOTS:
        assert f"plots/{name}" in page
        assert (DOCS / "plots" / name).stat().st_size < 100_000


def test_what_is_no_number_or_beyond_the_top_breaks_nothing() -> None:
    panel = Panel("a < b", "x", (Line("y", [(0, float("nan")), (1, 5), (2, float("inf"))]),), limit=3, top=4)
    drawn = draw([panel])
    assert "a &lt; b" in drawn
    assert "nan" not in drawn
    assert "inf" not in drawn
