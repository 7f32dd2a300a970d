"""Reading the model repository, and the digests that protect it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.card import VersionCard, is_contained
from contract.errors import CardInvalid, ModelUnknown, NameInvalid, StateInvalid, VersionDamaged, VersionUnknown
from contract.names import ModelVersion
from contract.repository import CARD, CONFIG, ModelRepository
from contract.served import Served, ServedModel
from tests.support.versions import make_version


@pytest.fixture
def repository(tmp_path: Path) -> ModelRepository:
    root = tmp_path / "repository"
    for model, version in (("tiny", 1), ("tiny", 2), ("tiny", 10), ("other", 1)):
        make_version(root, model, version)
    return ModelRepository(root)


def test_models_and_versions_are_listed_in_order(repository: ModelRepository) -> None:
    assert repository.models() == ["other", "tiny"]
    assert repository.versions("tiny") == [1, 2, 10]
    assert repository.latest("tiny") == ModelVersion("tiny", 10)
    assert repository.all_versions()[0] == ModelVersion("other", 1)


def test_a_repository_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert ModelRepository(tmp_path / "none").all_versions() == []


def test_a_folder_without_a_card_does_not_exist(repository: ModelRepository) -> None:
    (repository.folder(ModelVersion("tiny", 10)) / CARD).unlink()
    assert repository.versions("tiny") == [1, 2]
    with pytest.raises(VersionUnknown):
        repository.card(ModelVersion("tiny", 10))


def test_unknown_models_and_versions_are_told_apart(repository: ModelRepository) -> None:
    with pytest.raises(VersionUnknown):
        repository.card(ModelVersion("tiny", 3))
    with pytest.raises(ModelUnknown):
        repository.card(ModelVersion("nothing", 1))
    with pytest.raises(ModelUnknown):
        repository.latest("nothing")


def test_a_name_can_not_leave_the_repository(repository: ModelRepository) -> None:
    with pytest.raises(NameInvalid):
        repository.card(ModelVersion("../tiny", 1))


def test_a_whole_version_passes_verification(repository: ModelRepository) -> None:
    assert repository.verify(ModelVersion("tiny", 1)).output.labels[0] == "airplane"


def _edit(folder: Path) -> None:
    (folder / CONFIG).write_text("other")


def _remove(folder: Path) -> None:
    (folder / "labels.txt").unlink()


def _add(folder: Path) -> None:
    (folder / "1" / "model.py").write_text("")


def _link(folder: Path) -> None:
    (folder / "labels.txt").unlink()
    (folder / "labels.txt").symlink_to("../other-v1/labels.txt")


@pytest.mark.parametrize("damage", [_edit, _remove, _add, _link])
def test_any_difference_to_the_card_is_damage(repository: ModelRepository, damage: Callable[[Path], None]) -> None:
    name = ModelVersion("tiny", 1)
    damage(repository.folder(name))
    with pytest.raises(VersionDamaged):
        repository.verify(name)


def test_a_copied_folder_is_not_another_version(repository: ModelRepository) -> None:
    shutil.copytree(repository.folder(ModelVersion("tiny", 1)), repository.folder(ModelVersion("tiny", 3)))
    with pytest.raises(CardInvalid):
        repository.card(ModelVersion("tiny", 3))


FAILED = {"name": "conversion", "passed": False, "examples": 1, "server": "x", "measured": {}, "limits": {}}


def _card(repository: ModelRepository) -> dict[str, object]:
    card: dict[str, object] = json.loads((repository.folder(ModelVersion("tiny", 1)) / CARD).read_text())
    return card


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"unknown": 1},
        {"version": 0},
        {"model": "Bad"},
        {"model": "tiny-v2"},
        {"files": {"../x": "0" * 64}},
        {"files": {"x": "short"}},
        {"created": "2026-01-01T00:00:00"},
        {
            "gates": [
                {"name": "conversion", "passed": False, "examples": 1, "server": "x", "measured": {}, "limits": {}}
            ]
        },
        {"output": {"tensor": "probabilities", "labels": ["a", "a"]}},
        {"output": {"tensor": "probabilities", "labels": ["a", "b"]}},
    ],
)
def test_a_card_that_breaks_the_schema_is_refused(repository: ModelRepository, change: dict[str, object]) -> None:
    with pytest.raises(CardInvalid):
        VersionCard.parse(json.dumps(_card(repository) | change))


def test_a_card_survives_being_written_and_read(repository: ModelRepository) -> None:
    card = repository.card(ModelVersion("tiny", 1))
    assert VersionCard.parse(card.model_dump_json()) == card


@pytest.mark.parametrize("path", ["../x", "/x", "a/../b", "a//b", "./a", "a/", "", ".", "a/.", "a/./b"])
def test_paths_that_leave_or_wander_are_not_contained(path: str) -> None:
    assert not is_contained(path)


def test_ordinary_paths_are_contained() -> None:
    assert is_contained("1/model.savedmodel/variables/variables.index")


def test_the_served_list_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "state" / "served.json"
    assert Served.read(path) == Served()
    served = Served(models={"tiny": ServedModel(stable=2, versions=(1, 2))})
    served.write(path)
    assert Served.read(path) == served
    assert served.names() == {ModelVersion("tiny", 1), ModelVersion("tiny", 2)}
    assert [entry.name for entry in path.parent.iterdir()] == ["served.json"]


@pytest.mark.parametrize("text", ["", "{", '{"models": {"tiny": {"stable": 3, "versions": [1]}}}', '{"x": 1}'])
def test_a_broken_served_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "served.json").write_text(text)
    with pytest.raises(StateInvalid):
        Served.read(tmp_path / "served.json")
