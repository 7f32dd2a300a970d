from pathlib import Path

from contract.repository import CARD, ModelRepository
from tests.support.versions import make_version
from training.tracking.facts import DATA, metrics, tags, version_of
from training.tracking.flat import flatten


def test_no_data_are_among_what_trackers_keep_of_a_version(tmp_path: Path) -> None:
    repository = ModelRepository(tmp_path)
    name = make_version(tmp_path, "tiny", 2)
    card = repository.card(name)
    card = card.model_copy(update={"files": {**card.files, **dict.fromkeys(DATA, "0" * 64)}})
    version = version_of(card, tmp_path / "tiny-v2")
    assert set(version.files) == {CARD, *repository.card(name).files}
    assert {"features.parquet", "golden.parquet", "answers.parquet", "explanation.npz", "reference.json"} == DATA
    assert not version.first


def test_a_version_s_figures_are_named_by_their_split(tmp_path: Path) -> None:
    card = ModelRepository(tmp_path).card(make_version(tmp_path))
    figures = metrics(card.metrics)
    assert figures["test_accuracy"] == card.metrics.accuracy
    assert figures["test_macro_f1"] == card.metrics.macro.f1
    assert all(isinstance(value, float) for value in figures.values())


def test_lineage_becomes_tags(tmp_path: Path) -> None:
    lineage = ModelRepository(tmp_path).card(make_version(tmp_path)).lineage
    known = lineage.model_copy(update={"job": "j1", "batches": ("b1", "b2"), "parent": "tiny-v1"})
    found = tags(known)
    assert (found["trireme.job"], found["trireme.batches"], found["trireme.parent"]) == ("j1", "b1,b2", "tiny-v1")
    assert found["trireme.code"] == lineage.code
    assert "trireme.job" not in tags(lineage)


def test_parameters_are_flattened_by_dots() -> None:
    nested = {"search": {"kind": "grid", "space": {"a": [1, 2]}}, "seed": 0, "early": None, "empty": {}}
    assert flatten(nested) == {"search.kind": "grid", "search.space.a": "[1, 2]", "seed": 0}  # type: ignore[arg-type]  # JSON
