"""The pipelines of the shipped models, with the real DVC."""

import json
import shutil
from itertools import pairwise, product
from pathlib import Path

import pytest

from contract.digests import folder_digests
from contract.names import ModelVersion
from contract.repository import ModelRepository
from tests.integration.pipelines.workspace import Workspace, install_dvc
from training.data.features import FeaturesRecord
from training.tables.recipes import shipped_recipes

MODEL = "breast-cancer"
PUBLISH = f"publish@{MODEL}"
STAGES = ("data", "features", "train", "evaluate", "publish")
# Five processes that each import a framework, and DVC between them.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    install_dvc()
    space = Workspace(tmp_path_factory.mktemp("pipelines"))
    space.shrink(MODEL)
    return space


@pytest.fixture(scope="module")
def reproduced(workspace: Workspace) -> Workspace:
    """A workspace in which one model went through all stages."""
    workspace.dvc("repro", PUBLISH)
    return workspace


def test_every_shipped_model_has_all_stages(workspace: Workspace) -> None:
    graph = workspace.dvc("dag", "--dot").replace('"', "").replace(" ", "")
    for model in ("cifar10", "cats-dogs", *shipped_recipes()):
        for before, after in pairwise(STAGES):
            names = [[f"{stage}@{model}", f"{stage}-{model}"] for stage in (before, after)]
            assert any(f"{one}->{other}" in graph for one, other in product(*names)), (model, before, after)
    for link in ("data@cifar10->data-cats-dogs", "publish@cifar10->train-cats-dogs"):
        assert link in graph


def test_dvc_reports_to_nobody(workspace: Workspace) -> None:
    assert "Analytics is disabled." in workspace.dvc("config", "core.check_update", "--verbose")
    assert "check_update = false" in (workspace.folder / ".dvc" / "config").read_text()


def test_a_model_is_reproduced_from_its_data_to_a_proved_version(reproduced: Workspace) -> None:
    assert set(reproduced.lock()) == {f"{stage}@{MODEL}" for stage in STAGES}
    card = ModelRepository(reproduced.pipelines / "repository").card(ModelVersion(MODEL, 1))
    assert card.lineage.data == FeaturesRecord.read(reproduced.pipelines / MODEL / "features").digests
    assert card.lineage.source.startswith("breast cancer Wisconsin")
    assert all(gate.passed for gate in card.gates)


def test_its_figures_are_metrics_for_dvc(reproduced: Workspace) -> None:
    file = f"pipelines/{MODEL}/figures/metrics.json"
    shown = json.loads(reproduced.dvc("metrics", "show", "--json", file))[""]["data"][file]["data"]
    card = ModelRepository(reproduced.pipelines / "repository").card(ModelVersion(MODEL, 1))
    assert (shown["accuracy"], shown["roc_auc"]) == (card.metrics.accuracy, card.metrics.roc_auc)
    assert card.metrics.binary is not None
    assert shown["binary"]["ks"] == card.metrics.binary.ks


def test_reproducing_again_does_nothing(reproduced: Workspace) -> None:
    before = reproduced.lock()
    assert "up to date" in reproduced.dvc("repro", PUBLISH)
    assert reproduced.lock() == before


def test_another_seed_reproduces_from_training_on(reproduced: Workspace) -> None:
    reproduced.set_options(MODEL, seed=1)
    planned = reproduced.dvc("repro", "--dry", PUBLISH)
    reproduced.set_options(MODEL, seed=0)
    assert f"Stage 'features@{MODEL}' didn't change" in planned
    assert f"Running stage 'train@{MODEL}'" in planned


def test_outputs_are_pushed_to_a_remote_and_pulled_from_it(reproduced: Workspace, tmp_path: Path) -> None:
    reproduced.dvc("remote", "add", "--force", "--default", "shared", str(tmp_path / "remote"))
    reproduced.dvc("push")
    before = folder_digests(reproduced.pipelines, leave_out=frozenset({"repository/.publish.lock"}))
    shutil.rmtree(reproduced.pipelines)
    shutil.rmtree(reproduced.folder / ".dvc" / "cache")
    reproduced.dvc("pull", "--with-deps", PUBLISH)
    assert folder_digests(reproduced.pipelines) == before
    assert "up to date" in reproduced.dvc("repro", PUBLISH)


def test_pictures_become_features_too(workspace: Workspace) -> None:
    workspace.dvc("repro", "features@cats-dogs")
    features = FeaturesRecord.read(workspace.pipelines / "cats-dogs" / "features")
    assert features.labels == ("cat", "dog")
    assert features.counts["test"] == {"cat": 10, "dog": 10}


def test_the_same_data_and_features_come_out_when_they_are_made_anew(reproduced: Workspace) -> None:
    stages = (f"data@{MODEL}", f"features@{MODEL}")
    before = [reproduced.lock()[stage] for stage in stages]
    reproduced.dvc("repro", "--force", stages[-1])
    assert [reproduced.lock()[stage] for stage in stages] == before
