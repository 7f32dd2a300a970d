"""What the gateway makes of the repository and of the list of served versions."""

import json
from pathlib import Path

import pytest

from contract.errors import ModelUnknown, NameInvalid, VersionUnknown
from contract.repository import CARD
from contract.served import Served, ServedModel
from gateway.catalogue import Catalogue
from gateway.errors import ModelNotServed, VersionNotServed
from gateway.follower import CatalogueFollower
from gateway.metrics import Metrics
from gateway.reader import CatalogueReader
from tests.support.versions import make_version


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for version in (1, 2, 3):
        make_version(tmp_path / "repository", "tiny", version)
    return tmp_path / "repository"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    path = tmp_path / "served.json"
    Served(models={"tiny": ServedModel(stable=1, versions=(1, 2))}).write(path)
    return path


def errors(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("trireme_gateway_catalogue_errors_total")


def test_without_a_list_every_version_is_served_and_the_highest_is_stable(root: Path) -> None:
    model = CatalogueReader(root, None, Metrics()).read().model("tiny")
    assert (model.served, model.stable) == ((1, 2, 3), 3)


def test_the_list_says_what_is_served(root: Path, served: Path) -> None:
    model = CatalogueReader(root, served, Metrics()).read().model("tiny")
    assert model.choose(None).version == 1
    assert model.choose(2).version == 2


def test_a_published_version_that_is_not_served_is_refused_with_the_served_ones_named(root: Path, served: Path) -> None:
    model = CatalogueReader(root, served, Metrics()).read().model("tiny")
    with pytest.raises(VersionNotServed, match="served: 1, 2"):
        model.choose(3)
    with pytest.raises(VersionUnknown):
        model.choose(4)


def test_a_model_that_the_list_does_not_name_is_known_but_not_served(root: Path, tmp_path: Path) -> None:
    catalogue = CatalogueReader(root, tmp_path / "missing.json", Metrics()).read()
    with pytest.raises(ModelNotServed):
        catalogue.model("tiny").choose(None)
    with pytest.raises(VersionNotServed, match="no version is"):
        catalogue.model("tiny").choose(1)
    assert catalogue.announced() == []


def test_a_damaged_card_makes_its_version_absent_and_is_counted_once(root: Path, served: Path) -> None:
    (root / "tiny-v1" / CARD).write_text("{")
    metrics = Metrics()
    reader = CatalogueReader(root, served, metrics)
    for _ in range(3):
        model = reader.read().model("tiny")
    assert sorted(model.cards) == [2, 3]
    assert model.served == (2,)
    assert errors(metrics) == 1
    with pytest.raises(ModelNotServed):
        model.choose(None)


def test_a_model_whose_only_card_is_damaged_is_unknown_yet_expected(tmp_path: Path, served: Path) -> None:
    catalogue = CatalogueReader(tmp_path / "nothing", served, Metrics()).read()
    with pytest.raises(ModelUnknown):
        catalogue.model("tiny")
    assert [model.name for model in catalogue.announced()] == ["tiny"]


def test_a_mended_card_is_read_again(root: Path) -> None:
    card = root / "tiny-v1" / CARD
    text = card.read_text()
    card.write_text("{")
    reader = CatalogueReader(root, None, Metrics())
    assert 1 not in reader.read().model("tiny").cards
    card.write_text(text)
    assert 1 in reader.read().model("tiny").cards


def test_a_card_that_did_not_change_is_not_read_again(root: Path) -> None:
    reader = CatalogueReader(root, None, Metrics())
    first, second = (reader.read().model("tiny").cards[1] for _ in range(2))
    assert first is second


def test_a_damaged_list_leaves_the_last_good_one_in_force(root: Path, served: Path) -> None:
    metrics = Metrics()
    reader = CatalogueReader(root, served, metrics)
    reader.read()
    served.write_text(json.dumps({"models": {"tiny": {"stable": 9, "versions": [1]}}}))
    assert reader.read().model("tiny").stable == 1
    assert errors(metrics) == 1


@pytest.mark.parametrize("name", ["", "..", "Tiny", "tiny-v1", "a" * 41, "tïny", "a\0"])
def test_a_name_that_can_not_be_a_models_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        Catalogue().model(name)


async def test_the_follower_tells_of_changes_only_and_survives_an_unreadable_repository(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, told = Metrics(), list[Catalogue]()
    reader = CatalogueReader(root, None, metrics)
    follower = CatalogueFollower(reader, metrics, interval_s=1, on_change=told.append)
    await follower.refresh()
    await follower.refresh()
    assert len(told) == 1
    monkeypatch.setattr(reader, "read", lambda: 1 / 0)
    await follower.refresh()
    assert follower.current is told[0]
    assert errors(metrics) == 1
