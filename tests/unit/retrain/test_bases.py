"""What lies under the uploaded pictures."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from contract.card import VersionCard
from contract.repository import ModelRepository
from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings, sample_plan
from tests.support.versions import make_version
from training.data.catalog import Catalog
from training.data.dataset import DataSet
from training.retrain.bases import base_of, load_base
from training.retrain.errors import BaseUnknown, LabelsDiffer

RUN = "20260101-000000-abcdef"


def champion(root: Path, source: str) -> VersionCard:
    """A version that was trained on this source, by `RUN`."""
    card = ModelRepository(root).card(make_version(root, "cifar10"))
    return card.model_copy(update={"lineage": card.lineage.model_copy(update={"source": source, "run": RUN})})


def test_the_policy_s_base_comes_first(tmp_path: Path) -> None:
    assert base_of("pictures", champion(tmp_path, "cifar10"), tmp_path) == "pictures"


def test_without_one_it_is_what_the_champion_was_trained_on(tmp_path: Path) -> None:
    assert base_of(None, champion(tmp_path, "cifar10"), tmp_path) == "cifar10"


def test_the_champion_s_folder_is_found_through_its_run(tmp_path: Path) -> None:
    plan = sample_plan(RUN).model_copy(update={"source": str(tmp_path)})
    plan.write(tmp_path / "runs" / RUN)
    assert base_of(None, champion(tmp_path, "picture folder"), tmp_path / "runs") == str(tmp_path)


@pytest.mark.parametrize("source", ["", "/nowhere/at/all"])
def test_a_folder_that_is_gone_or_unknown_tells_to_name_it(tmp_path: Path, source: str) -> None:
    if source:
        sample_plan(RUN).model_copy(update={"source": source}).write(tmp_path / "runs" / RUN)
    with pytest.raises(BaseUnknown, match="retrain policy"):
        base_of(None, champion(tmp_path, "picture folder"), tmp_path / "runs")


def test_a_model_without_versions_needs_a_base(tmp_path: Path) -> None:
    with pytest.raises(BaseUnknown, match="retrain policy"):
        base_of(None, None, tmp_path)


class OneSet(Catalog):
    """A catalog with the sample alone, which remembers at which size it was wanted."""

    def __init__(self, root: Path, data: DataSet) -> None:
        super().__init__(quiet_settings(root), Console(file=io.StringIO()))
        self.data = data
        self.size = 0

    def load(self, source: str, *, size: int = 0, data_dir: Path | None = None, max_bad: float = 0) -> DataSet:
        self.size = size
        return self.data


def test_base_data_are_loaded_at_the_champion_s_size(tmp_path: Path) -> None:
    catalog = OneSet(tmp_path, sample())
    assert load_base(catalog, "cifar10", champion(tmp_path, "cifar10"), 0.01) is catalog.data
    assert catalog.size == 32


def test_base_data_with_other_labels_are_refused(tmp_path: Path) -> None:
    catalog = OneSet(tmp_path, replace(sample(), labels=("cat", "dog")))
    with pytest.raises(LabelsDiffer, match="the labels cat, dog, version 1 has airplane"):
        load_base(catalog, "pets", champion(tmp_path, "cifar10"), 0.01)
