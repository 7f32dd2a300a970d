"""The page: Evidently's, whole, and nothing but its own scripts."""

import gzip
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from contract.drift.comparison import Present
from contract.drift.reference import Reference
from contract.drift.summaries import CategoricalSummary, NumericSummary
from training.drift_report.frames import COLUMNS, CONFIDENCE, LABEL, LESS, OTHER, ROWS, UNKNOWN, Frames, frames_of
from training.drift_report.page import Drawn, draw, library, script_hashes

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\u2028`${alert(3)}`",
    '"});alert(4);//',
]
CHANCE = np.random.default_rng(3)


def reference(names: list[str]) -> Reference:
    features = (
        NumericSummary.of(names[0], CHANCE.normal(40, 10, 2_000)),
        CategoricalSummary.of(names[1], CHANCE.integers(0, 4, 2_000).astype(float), HOSTILE),
    )
    label = CategoricalSummary.of("label", CHANCE.integers(0, 2, 500).astype(float), [names[2], names[3]])
    return Reference(features=features, label=label, confidence=NumericSummary.of("confidence", CHANCE.random(500)))


def present(names: list[str], shift: float) -> Present:
    features = {
        names[0]: CHANCE.normal(40 + shift, 10, 400),
        names[1]: CHANCE.integers(0, 5, 400).astype(float),
    }
    return Present(features, CHANCE.integers(0, 2, 400).astype(float), CHANCE.random(400))


@pytest.fixture(scope="module")
def frames() -> Frames:
    return frames_of(reference(HOSTILE), present(HOSTILE, 30))


@pytest.fixture(scope="module")
def drawn(frames: Frames) -> Drawn:
    return draw(frames, "<b>credit</b>", ("A note with <i>tags</i>.",))


class Tags(HTMLParser):
    """Counts what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append(dict(attrs))
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_what_data_say_adds_no_script_and_no_handler(drawn: Drawn) -> None:
    text = gzip.decompress(drawn.page.html).decode()
    assert len(text.encode()) == drawn.size
    tags = Tags()
    tags.feed(text)
    plain = draw(frames_of(reference(list("abcd")), present(list("abcd"), 0)), "credit", ())
    assert len(tags.scripts) == len(plain.page.scripts) == len(drawn.page.scripts)
    assert tags.handlers == []
    assert not re.search(r"<img src=x|<script>alert", text)
    assert f"script-src {' '.join(map(repr, drawn.page.scripts))};" in text.partition("</head>")[0]


def test_the_page_loads_nothing(drawn: Drawn) -> None:
    tags = Tags()
    tags.feed(gzip.decompress(drawn.page.html).decode())
    assert tags.scripts == [{}] * len(tags.scripts)
    assert tags.addresses == []


def test_its_title_and_notes_are_texts(drawn: Drawn) -> None:
    text = gzip.decompress(drawn.page.html).decode()
    assert "<h1>&lt;b&gt;credit&lt;/b&gt;</h1><p>A note with &lt;i&gt;tags&lt;/i&gt;.</p>" in text


def test_what_moved_is_named(drawn: Drawn, frames: Frames) -> None:
    moved, still = frames.numbers[0], CONFIDENCE
    assert moved in drawn.drifted
    assert still not in drawn.drifted


def test_scripts_are_named_by_their_digests() -> None:
    # The digest that the specification of Content-Security-Policy gives for this script.
    assert script_hashes("<script>alert('Hello, world.');</script>") == (
        "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=",
    )


def test_both_tables_have_the_same_columns_and_bounded_rows(frames: Frames) -> None:
    assert list(frames.reference) == list(frames.now)
    assert list(frames.now)[-2:] == [LABEL, CONFIDENCE]
    assert (len(frames.reference), len(frames.now)) == (ROWS, 400)
    assert OTHER in set(frames.now[frames.categories[0]])
    assert frames.not_compared == {}


def test_of_many_features_those_that_moved_farthest_are_shown() -> None:
    count = COLUMNS + 5
    features = tuple(NumericSummary.of(f"f{n}", CHANCE.normal(0, 1, 1_000)) for n in range(count))
    given = reference(list("abcd")).model_copy(update={"features": features})
    values = {f"f{n}": CHANCE.normal(n / 20, 1, 1_000) for n in range(1, count)}
    found = frames_of(given, Present(values, CHANCE.integers(0, 2, 1_000).astype(float), CHANCE.random(1_000)))
    assert len(found.numbers) == COLUMNS + 1
    assert f"f{count - 1}" in found.numbers
    assert found.not_compared["f0"] == UNKNOWN
    assert found.not_compared["f1"] == LESS
    assert len(found.not_compared) == 5


def test_the_library_is_told_with_its_version() -> None:
    assert re.fullmatch(r"Evidently \d+\.\d+.*", library())
