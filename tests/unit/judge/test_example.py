"""The worked example in the docs is what its command makes."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gateway.judge.example import CANARIES, Look, looks, picture, table

DOCS = Path(__file__).parents[3] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def played() -> list[list[Look]]:
    return [list(looks(scenario)) for scenario in CANARIES]


def test_the_good_canary_is_promoted_and_the_bad_one_rolled_back(played: list[list[Look]]) -> None:
    assert [seen[-1].decision for seen in played] == ["promote", "rollback"]
    good, bad = (seen[-1] for seen in played)
    assert good.high < 0.5 < bad.low


def test_the_tables_and_sentences_of_the_page_are_the_command_s(played: list[list[Look]]) -> None:
    page = (DOCS / "rollout.md").read_text()
    for scenario, seen in zip(CANARIES, played, strict=True):
        assert f"**{scenario.name}**\n\n{table(seen)}\n\n> {seen[-1].sentence}\n" in page


def test_the_picture_of_the_page_is_the_command_s_and_small(played: list[list[Look]]) -> None:
    drawn = picture(played)
    assert (DOCS / "plots/judge-example.svg").read_text() == drawn
    assert "plots/judge-example.svg" in (DOCS / "rollout.md").read_text()
    assert len(drawn) < 50_000


def test_the_picture_shows_each_look_inside_its_frame(played: list[list[Look]]) -> None:
    root = ET.fromstring(picture(played))  # noqa: S314 - our own text
    lines = [line.attrib["points"].split() for line in root.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [len(seen) for seen in played]
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    numbers = [tuple(map(float, point.split(","))) for line in lines for point in line]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in numbers)


def test_a_table_has_few_looks_and_the_last(played: list[list[Look]]) -> None:
    rows = table(played[0]).splitlines()[2:]
    assert len(rows) <= 12
    assert re.search(r"`promote` \|$", rows[-1])
    assert all("`wait`" in row for row in rows[:-1])
