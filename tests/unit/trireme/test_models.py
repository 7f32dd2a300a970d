"""`trireme models`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.errors import VersionDamaged, VersionUnknown
from contract.names import ModelVersion
from contract.served import Served, ServedModel
from tests.support.versions import make_version
from trireme.models import models

Show = Callable[..., str]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    for model, version in (("tiny", 1), ("tiny", 2), ("tiny", 3), ("other", 1)):
        make_version(tmp_path / "model_repository", model, version)
    return tmp_path / "model_repository"


@pytest.fixture
def show(repository: Path) -> Show:
    def invoke(*arguments: str) -> str:
        done = CliRunner().invoke(models, arguments, catch_exceptions=False)
        return done.output

    return invoke


def test_an_empty_repository_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "trireme train cifar10 --publish" in CliRunner().invoke(models, []).output


def test_versions_are_listed_with_what_is_served(show: Show, tmp_path: Path) -> None:
    Served(models={"tiny": ServedModel(stable=3, versions=(2, 3))}).write(tmp_path / ".trireme" / "served.json")
    rows = {tuple(line.split()[1:4:2]): line for line in show().splitlines() if "│" in line}
    states = {key: line.split("│")[-2].strip() for key, line in rows.items()}
    assert states == {("tiny", "1"): "–", ("tiny", "2"): "served", ("tiny", "3"): "stable", ("other", "1"): "–"}


def test_one_model_is_listed_alone(show: Show) -> None:
    assert "other" not in show("tiny")


def test_one_version_is_shown_in_full(show: Show) -> None:
    card = json.loads(show("tiny", "--version", "2"))
    assert (card["model"], card["version"]) == ("tiny", 2)


def test_json_holds_every_card(show: Show) -> None:
    assert [(card["model"], card["version"]) for card in json.loads(show("--json"))] == [
        ("other", 1),
        ("tiny", 1),
        ("tiny", 2),
        ("tiny", 3),
    ]


def test_an_unknown_version_is_an_error(show: Show) -> None:
    with pytest.raises(VersionUnknown):
        show("tiny", "--version", "9")


def test_damage_is_found_when_asked_for(show: Show, repository: Path) -> None:
    (repository / ModelVersion("tiny", 2).triton_name / "labels.txt").write_text("changed")
    show("tiny")
    with pytest.raises(VersionDamaged):
        show("tiny", "--verify")
