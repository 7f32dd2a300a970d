"""The plots of docs/autoscaling.md are what their command makes."""

from pathlib import Path

import pytest

from loadtest.drawing import Line, Panel, draw, number, rounded_up
from loadtest.plots import PLOTS, load

DOCS = Path(__file__).parents[3] / "docs"


def test_the_plot_of_the_page_is_the_command_s() -> None:
    assert (DOCS / "plots" / "autoscaling-load.svg").read_text() == load(), "python -m loadtest.plots docs/plots"


def test_the_page_shows_every_plot_and_each_is_small() -> None:
    page = (DOCS / "autoscaling.md").read_text()
    for name in PLOTS:
        assert f"plots/{name}" in page
        assert (DOCS / "plots" / name).stat().st_size < 60_000


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (2, "2"), (0.25, "0.25"), (1234.5, "1,234"), (12.345, "12.3")])
def test_numbers_of_an_axis_are_short(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("value", "top"), [(0.3, 0.4), (1, 1), (7, 8), (9, 10), (1001, 2000), (0, 1)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert rounded_up(value) == pytest.approx(top)


def test_what_is_no_number_or_beyond_the_top_breaks_nothing() -> None:
    panel = Panel("a < b", "x", (Line("y", [(0, float("nan")), (1, 5), (2, float("inf"))]),), limit=3, top=4)
    drawn = draw([panel])
    assert "a &lt; b" in drawn
    assert "nan" not in drawn
    assert "inf" not in drawn
