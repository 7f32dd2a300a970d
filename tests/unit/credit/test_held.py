"""Raw tables in a folder, and the features that are made of them later."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from training.errors import DataDamaged, DataUnknown
from training.settings import TrainingSettings
from training.tables.data.loading import hold_data, load_data
from training.tables.origins import GeneratedOrigin
from training.tables.recipe import Recipe

QUIET = Console(file=io.StringIO())


def test_held_raw_tables_become_the_features_of_their_origin(recipe: Recipe, tmp_path: Path) -> None:
    settings = TrainingSettings(_env_file=None, cache_dir=tmp_path / "cache")
    assert hold_data(recipe, tmp_path / "held", settings, QUIET) == 2_000
    assert not (tmp_path / "held" / "features.parquet").exists()
    found = load_data(recipe, settings, QUIET, held=tmp_path / "held")
    wanted = load_data(recipe, settings, QUIET)
    assert (found.source, found.digests()) == (wanted.source, wanted.digests())


def test_raw_tables_of_another_plan_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    settings = TrainingSettings(_env_file=None, cache_dir=tmp_path / "cache")
    small = recipe.model_copy(update={"origin": GeneratedOrigin(train=3, validation=2, test=2)})
    hold_data(small, tmp_path / "held", settings, QUIET)
    with pytest.raises(DataDamaged, match="other applications"):
        load_data(recipe, settings, QUIET, held=tmp_path / "held")


@pytest.mark.parametrize("content", [None, "no Parquet"])
def test_a_raw_table_that_lacks_or_is_damaged_is_said(recipe: Recipe, tmp_path: Path, content: str | None) -> None:
    settings = TrainingSettings(_env_file=None, cache_dir=tmp_path / "cache")
    small = recipe.model_copy(update={"origin": GeneratedOrigin(train=3, validation=2, test=2)})
    hold_data(small, tmp_path / "held", settings, QUIET)
    path = tmp_path / "held" / "bureau.parquet"
    path.write_text(content) if content else path.unlink()
    with pytest.raises(DataDamaged if content else DataUnknown, match=r"bureau\.parquet"):
        load_data(small, settings, QUIET, held=tmp_path / "held")
