"""Reports as pages and plots."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.reports import make_data, make_material
from training.report.files import write_report
from training.report.material import Material
from training.report.outline import Part, make_parts, makers
from training.report.page import MAX_BYTES, Page, embedded, render
from training.report.record import ReportRecord
from training.report.report import Report
from training.report.section import Section
from training.report.style import plot_labels

MODEL_SECTIONS = ["training-curves", "confusion-matrix", "classes", "roc", "precision-recall", "calibration"]
DATA_SECTIONS = ["mistakes", "labels", "samples", "intensities", "near-duplicates"]


def names(count: int) -> tuple[str, ...]:
    return tuple(f"a rather long name of the label with the number {number}" for number in range(count))


def fail(line: str) -> None:
    pytest.fail(line)


def with_twins(material: Material) -> Material:
    """The material with a test picture that training has too."""
    assert material.data is not None
    train = material.data.train.images.copy()
    gradient = np.add.outer(np.arange(train.shape[1]) ** 2 % 251, np.arange(train.shape[2]) * 7 % 83)
    train[1] = material.data.test.images[2] = gradient[..., None] % 256
    return replace(material, data=replace(material.data, train=replace(material.data.train, images=train)))


@pytest.mark.parametrize(
    ("labels", "shape"),
    [
        (("cat", "dog"), {}),
        (("wolf", "hot dog & <b>$5$</b>", "猫"), {"size": 128}),
        (names(10), {"channels": 1}),
        (names(100), {"each": 4, "size": 96}),
        (names(130), {"each": 1, "size": 16}),
    ],
    ids=["two", "three", "ten grey", "a hundred", "more than plots can name"],
)
def test_every_section_can_be_drawn_for_few_and_many_labels(labels: tuple[str, ...], shape: dict[str, Any]) -> None:
    report = Report(with_twins(make_material(labels, skill=0.5, **shape)), fail)
    parts = {part.name: part for part in report.parts}
    assert sorted(parts) == sorted(MODEL_SECTIONS + DATA_SECTIONS)
    assert all(part.image for part in report.parts)
    assert all(part.sentence.endswith(".") for part in report.parts)
    assert len(report.html()) < MAX_BYTES


@pytest.fixture(scope="module")
def report() -> Report:
    return Report(make_material(("cat", "<script>alert(1)</script>", "frog")), fail)


def test_a_page_needs_nothing_beside_it(report: Report) -> None:
    html = report.html().decode()
    assert not re.findall(r"<script|<link|<iframe|@import|url\(|https?://", html)
    sources = re.findall(r'src="(.{22})', html)
    assert len(sources) == sum(part.image is not None for part in report.parts)
    assert set(sources) == {"data:image/png;base64,"}


def test_words_of_users_are_escaped(report: Report) -> None:
    html = report.html().decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html


def test_every_sentence_and_every_label_is_on_the_page(report: Report) -> None:
    html = report.html().decode()
    for part in report.parts:
        assert f'id="{part.name}"' in html
    assert "<td>frog</td>" in html
    assert html.count("<h2>") == len(report.parts) + 1


def test_plots_are_png_files_that_can_be_read(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    drawn = {part.name for part in report.parts if part.image}
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == drawn
    for path in (tmp_path / "plots").iterdir():
        with Image.open(path) as image:
            image.load()
            assert image.format == "PNG"
            assert 400 < image.width < 1300


def test_writing_again_replaces_what_a_killed_attempt_left(report: Report, tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "old.png").touch()
    write_report(report, tmp_path)
    assert not (tmp_path / "plots" / "old.png").exists()
    record = ReportRecord.read(tmp_path)
    assert record == report.record()


def test_without_history_answers_and_data_the_page_says_what_is_missing() -> None:
    material = replace(make_material(("cat", "dog")), history=(), answers=None, data=None)
    report = Report(material, fail)
    assert [part.name for part in report.parts] == ["confusion-matrix", "classes"]
    html = report.html().decode()
    assert html.count("missing") == 3


def test_a_section_that_fails_costs_only_itself() -> None:
    def broken() -> Section:
        raise ValueError("a bug")

    def works() -> Section:
        return Section("works", "Works", "It works.")

    said: list[str] = []
    parts = make_parts([("broken", broken), ("works", works)], said.append)
    assert [part.name for part in parts] == ["works"]
    assert said == ["The section broken of the report can't be made (ValueError)."]


def test_a_plot_that_fails_costs_only_its_section() -> None:
    said: list[str] = []
    material = make_material(("cat", "dog"), skill=-9)
    other = replace(material, data=make_data(("cat", "dog"), 1))  # not the pictures that the answers are about
    assert "mistakes" not in [part.name for part in make_parts(makers(other), said.append)]
    assert said


def noise(count: int) -> Iterator[bytes]:
    """Pictures that no compression makes smaller."""
    for seed in range(count):
        file = io.BytesIO()
        Image.fromarray(np.random.default_rng(seed).integers(0, 256, (500, 500, 3), np.uint8)).save(file, format="PNG")
        yield file.getvalue()


def test_a_page_stays_below_its_limit_and_says_where_the_rest_is() -> None:
    parts = tuple(Part(f"plot-{n}", "Plot", "Noise.", image) for n, image in enumerate(noise(6)))
    html = render(Page(title="t", summary="s", figures=(), parts=parts, origin=()))
    assert len(html) < MAX_BYTES
    text = html.decode()
    assert text.count("<img") == 2
    assert text.count("too large for this page") == 4
    assert "plots/plot-5.png" in text


def test_small_plots_are_embedded_before_large_ones() -> None:
    assert set(embedded([b"x" * 900, b"y" * 10], room=100)) == {b"y" * 10}


def test_labels_that_the_font_lacks_are_numbers_and_dollars_no_formula() -> None:
    assert plot_labels(("cat", "猫", "$x$")) == {"cat": "cat", "猫": "label 1", "$x$": r"\$x\$"}
