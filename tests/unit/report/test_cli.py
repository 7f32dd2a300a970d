"""`trireme report` over versions made by hand."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from contract.card import VersionCard
from contract.errors import ModelUnknown, NameInvalid, VersionUnknown
from contract.names import ModelVersion
from contract.repository import ANSWERS, CARD, ModelRepository
from tests.support.reports import make_answers, make_data, make_lineage
from tests.support.versions import make_version
from training.data.export import export_folders
from training.data.folders import PictureFolder
from training.evaluation import evaluate
from training.report.cli import report
from training.report.errors import AnswersInvalid, ComparisonInvalid, ReportMissing
from training.report.files import write_report
from training.report.leaflet import parse
from training.report.report import Report
from training.report.sources import of_version

LABELS = ("cat", "dog")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pictures that the versions were tested on."""
    root = tmp_path_factory.mktemp("data") / "pets"
    export_folders(make_data(LABELS, 10), root)
    return root


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """Versions 1 and 2 of `pets` with answers; version 2 carries a report. Tests must not write to it."""
    root = tmp_path_factory.mktemp("root") / "repository"
    data = PictureFolder(folder, make_data(LABELS).input, Console(quiet=True)).load()
    for version in (1, 2):
        name = make_version(root, "pets", version, labels=LABELS)
        answers = make_answers(data.test.labels, 2, skill=1.0, seed=version)
        answers.write(root / name.triton_name / ANSWERS)
        evaluation = evaluate("test", LABELS, answers.truth, answers.probabilities)
        path = root / name.triton_name / CARD
        card = VersionCard.parse(path.read_bytes())
        card = card.model_copy(update={"metrics": evaluation, "lineage": make_lineage(data)})
        path.write_text(card.model_dump_json())
    material = of_version(ModelRepository(root), ModelVersion("pets", 2))
    write_report(Report(replace(material, data=data), pytest.fail), root / "pets-v2")
    return root


def call(repository: Path, *arguments: str) -> Result:
    places = {"TRAINING_REPORTS_DIR": str(repository.parent / "reports"), "COLUMNS": "300"}
    return CliRunner().invoke(report, ["--repository", str(repository), *arguments], env=places, catch_exceptions=False)


def read(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_says_where_the_latest_version_s_report_lies_and_what_it_says(repository: Path) -> None:
    shown = call(repository, "pets").stdout
    assert "pets version 2: test accuracy" in shown
    assert "Calibration: Confidences" in shown
    assert shown.endswith(f"The page is {repository}/pets-v2/report.html\n")


def test_programs_get_json(repository: Path) -> None:
    found = read(call(repository, "pets:2", "--json"))
    assert (found["model"], found["version"]) == ("pets", 2)
    assert Path(found["page"]) == repository / "pets-v2" / "report.html"
    assert found["metrics"]["examples"] == 20
    assert "Confusion matrix" in found["statements"]


def test_a_version_without_a_report_says_how_to_make_one(repository: Path) -> None:
    with pytest.raises(ReportMissing, match="pets-v1 was published without a report; make one with --out FILE"):
        call(repository, "pets:1")


def test_a_report_is_made_anew_with_the_data_that_are_named(repository: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "page.html"
    found = read(call(repository, "pets:1", "--out", str(out), "--data", str(folder), "--json"))
    assert Path(found["page"]) == out
    assert "Sample training pictures" in found["statements"]
    assert "<h1>pets version 1</h1>" in out.read_text()


def test_without_the_data_a_report_has_what_the_version_knows(repository: Path, tmp_path: Path) -> None:
    result = call(repository, "pets", "--out", str(tmp_path / "page.html"), "--json")
    assert "Sample training pictures" not in read(result)["statements"]
    assert "The page has no pictures. The data are not at hand; name their folder with --data." in result.stderr


def test_other_data_than_the_version_s_are_not_taken_for_them(repository: Path, tmp_path: Path) -> None:
    export_folders(make_data(LABELS, 9), tmp_path / "other")
    result = call(repository, "pets", "--out", str(tmp_path / "page.html"), "--data", str(tmp_path / "other"), "--json")
    assert "are not those that the version was trained on" in result.stderr
    assert "Sample training pictures" not in read(result)["statements"]


def test_two_versions_are_compared_into_the_reports_folder(repository: Path, folder: Path) -> None:
    found = read(call(repository, "pets", "--compare", "1", "2", "--data", str(folder), "--json"))
    page = Path(found["page"])
    assert page == repository.parent / "reports" / "pets-v1-v2.html"
    assert "data:image/png" in page.read_text()
    assert found["comparable"]
    assert found["first"]["version"] == 1
    shown = call(repository, "pets", "--compare", "1", "2").stdout
    assert "Figures side by side: " in shown


def test_impossible_wishes_are_one_sentence(repository: Path) -> None:
    with pytest.raises(ComparisonInvalid):
        call(repository, "pets", "--compare", "1", "1")
    with pytest.raises(VersionUnknown):
        call(repository, "pets", "--compare", "1", "7")
    with pytest.raises(VersionUnknown):
        call(repository, "pets:3")
    with pytest.raises(ModelUnknown):
        call(repository, "birds")


def test_damaged_answers_are_one_sentence(repository: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(repository, tmp_path / "repository"))
    (copy / "pets-v1" / ANSWERS).write_bytes(b"damaged")
    with pytest.raises(AnswersInvalid):
        call(copy, "pets:1", "--out", str(tmp_path / "page.html"))


def test_the_page_is_opened_when_asked_for(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    call(repository, "pets")
    assert opened == []
    call(repository, "pets", "--open")
    assert opened == [(repository / "pets-v2" / "report.html").resolve().as_uri()]


@pytest.mark.parametrize("text", ["pets:", "pets:0", "pets:two", "pets:1:2", ":1", "pets:-1"])
def test_a_version_that_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NameInvalid):
        parse(text, ModelRepository(tmp_path))


def test_the_verb_loads_nothing_that_draws_before_it_is_needed() -> None:
    code = (
        "import sys, training.report.cli; print({'matplotlib', 'sklearn', 'tensorflow', 'jinja2'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"
