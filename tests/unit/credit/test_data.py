"""The generated data of a recipe: cached, whole or not at all, and labelled as generated."""

import errno
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.unit.credit.conftest import SMALL
from training.data.cli import data
from training.errors import StorageFailed, StorageFull
from training.settings import TrainingSettings
from training.tables.credit import cache as cache_module
from training.tables.credit.data import credit_data, filled_cache
from training.tables.credit.making import ParquetFiles
from training.tables.errors import RecipeInvalid, RowsInvalid
from training.tables.origins import KnownOrigin
from training.tables.recipe import Recipe, Target

QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrainingSettings:
    return TrainingSettings(cache_dir=tmp_path_factory.mktemp("cache"))


def test_a_recipe_s_data_are_the_three_splits_with_features_targets_and_rows(
    recipe: Recipe, settings: TrainingSettings
) -> None:
    found = credit_data(recipe, settings, QUIET)
    assert "not real data" in found.source
    assert found.labels == ("repaid", "defaulted")
    assert found.validation is not None
    splits = (found.train, found.validation, found.test)
    assert [len(split) for split in splits] == [SMALL.train, SMALL.validation, SMALL.test]
    for split in splits:
        assert split.features.shape == (len(split), 189)
        assert split.features.dtype == np.float32
        assert split.rows.num_rows == len(split)
        assert split.rows.column_names == ["application_id", *found.schema.names]
        assert 0 < split.targets.mean() < 0.2


def test_data_are_made_once_for_one_recipe_and_anew_for_another(
    recipe: Recipe, settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled_cache(recipe, settings, QUIET)
    with monkeypatch.context() as patch:
        patch.delattr(cache_module, "make")
        filled_cache(recipe, settings, QUIET)
    other = recipe.model_copy(update={"origin": recipe.origin.model_copy(update={"seed": 5})})
    folders = {filled_cache(wanted, settings, QUIET).folder for wanted in (recipe, other)}
    assert len(folders) == 2


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ParquetFiles, "append", full)
    with pytest.raises(StorageFull):
        filled_cache(recipe, TrainingSettings(cache_dir=tmp_path), QUIET)
    assert [path.name for path in (tmp_path / "credit").iterdir()] == [".lock"]


def test_what_a_killed_process_left_is_made_anew(recipe: Recipe, tmp_path: Path) -> None:
    left = tmp_path / "credit" / ".staging"
    left.mkdir(parents=True)
    (left / "features.parquet").write_bytes(b"PAR1 half")
    cache = filled_cache(recipe, TrainingSettings(cache_dir=tmp_path), QUIET)
    assert pq.ParquetFile(cache.features).metadata.num_rows == SMALL.applications
    assert not left.exists()


def test_recipes_that_don_t_fit_the_generator_are_refused(recipe: Recipe, settings: TrainingSettings) -> None:
    target = Target(column="late", labels={"false": "no", "true": "yes"})
    known = KnownOrigin(name="breast-cancer")
    for change in ({"sql": None}, {"origin": known}, {"target": target}):
        with pytest.raises(RecipeInvalid):
            credit_data(recipe.model_copy(update=change), settings, QUIET)


def test_columns_that_don_t_hold_the_features_are_named(recipe: Recipe, settings: TrainingSettings) -> None:
    narrow = recipe.columns[0].model_copy(update={"maximum": 300.0})
    strict = recipe.model_copy(update={"columns": (narrow, *recipe.columns[1:])})
    with pytest.raises(RowsInvalid, match="age_months: out of range"):
        credit_data(strict, settings, QUIET)


def test_the_verb_writes_raw_tables_features_and_outcomes(tmp_path: Path) -> None:
    out = tmp_path / "credit"
    wishes = ["generate", "credit", "--out", str(out), "--applications", "600", "--seed", "3", "--json"]
    done = CliRunner().invoke(data, wishes)
    content = json.loads(done.stdout)
    assert done.exit_code == 0
    assert content["generated"] is True
    assert sum(split["applications"] for split in content["splits"].values()) == 600
    names = ("applications", "bureau", "features", "outcomes", "payments", "previous")
    assert sorted(path.name for path in out.iterdir()) == [f"{name}.parquet" for name in names]
    assert pq.read_table(out / "features.parquet").num_columns == 190


def test_the_verb_touches_no_folder_with_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = CliRunner().invoke(data, ["generate", "credit", "--out", str(tmp_path), "--applications", "10"])
    assert isinstance(done.exception, StorageFailed)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
