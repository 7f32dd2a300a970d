"""Features folders of pictures, and where runs go."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings
from training.data.catalog import Catalog
from training.data.features import FEATURES_RECORD, FeaturesRecord, has_features
from training.data.picture_features import write_pictures
from training.errors import DataDamaged, DataInvalid, DataUnknown, RequestInvalid, StorageFailed
from training.request import TrainingRequest
from training.run_store import LOCK, RunStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pictures(sample(), tmp_path / "features")
    return tmp_path / "features"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(quiet_settings(tmp_path), Console(file=io.StringIO()))


def test_pictures_are_read_as_they_were_written(folder: Path, catalog: Catalog) -> None:
    found, wanted = catalog.load(str(folder)), sample()
    assert (found.labels, found.input, found.digests()) == (wanted.labels, wanted.input, wanted.digests())
    assert found.test.body(3) == wanted.test.body(3)


def test_the_same_pictures_become_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_pictures(sample(), tmp_path / "again")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == files


def test_changed_features_are_refused(folder: Path, catalog: Catalog) -> None:
    path = folder / "validation.npz"
    with np.load(path) as arrays:
        images, labels = arrays["images"].copy(), arrays["labels"]
    images[0, 0, 0, 0] ^= 1
    np.savez(path, images=images, labels=labels)
    with pytest.raises(DataDamaged, match="differ from their record"):
        catalog.load(str(folder))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
def test_a_damaged_file_of_features_is_said(folder: Path, catalog: Catalog, content: bytes) -> None:
    (folder / "train.npz").write_bytes(content)
    with pytest.raises(DataDamaged, match="make them anew"):
        catalog.load(str(folder))


def test_an_invalid_record_is_said(folder: Path, catalog: Catalog) -> None:
    (folder / FEATURES_RECORD).write_text("{}")
    with pytest.raises(DataDamaged, match="record"):
        catalog.load(str(folder))


def test_features_of_another_size_are_refused(folder: Path, catalog: Catalog) -> None:
    with pytest.raises(DataInvalid, match="32×32"):
        catalog.load(str(folder), size=64)


def test_features_of_a_table_are_no_pictures(folder: Path, catalog: Catalog) -> None:
    record = json.loads((folder / FEATURES_RECORD).read_text())
    record["input"] = {"kind": "table", "columns": [{"name": "age", "type": "int"}]}
    (folder / FEATURES_RECORD).write_text(json.dumps(record))
    with pytest.raises(DataInvalid, match="no pictures"):
        catalog.load(str(folder))


def test_features_replace_nothing(folder: Path) -> None:
    with pytest.raises(StorageFailed, match="isn't an empty folder"):
        write_pictures(sample(), folder)


def test_a_folder_without_a_record_has_no_features(tmp_path: Path) -> None:
    assert not has_features(tmp_path)
    assert not has_features(None)
    with pytest.raises(DataUnknown, match="trireme data features"):
        FeaturesRecord.read(tmp_path)


def test_a_plan_says_where_the_data_of_features_come_from(folder: Path, catalog: Catalog) -> None:
    plan = TrainingRequest("cifar10", folder=folder).plan("run", catalog.load(str(folder)), "float32")
    assert plan.origin == sample().origin


def test_a_finished_run_is_moved_where_it_is_wanted(tmp_path: Path) -> None:
    runs = RunStore(tmp_path / "runs")
    run = runs.root / runs.new_id()
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / LOCK).touch()
    target = runs.move(run, tmp_path / "new" / "run")
    assert [path.name for path in target.iterdir()] == ["run.json"]
    assert not run.exists()
    with pytest.raises(RequestInvalid, match="exists already"):
        runs.free(target)
