import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings, sample_plan
from training.data.export import export_folders
from training.errors import RunFinished, RunUnknown
from training.request import TrainingRequest
from training.runs import CHECKPOINT, RunRecord
from training.service import Training


def service(root: Path) -> tuple[Training, io.StringIO]:
    said = io.StringIO()
    return Training(quiet_settings(root), Console(file=said)), said


def test_a_picture_folder_becomes_a_model(tmp_path: Path) -> None:
    export_folders(sample(), tmp_path / "pets", ["cat", "dog"])
    training, said = service(tmp_path)
    run = training.start(TrainingRequest("pets", folder=tmp_path / "pets", size=24, epochs=1))
    record = RunRecord.read(run)
    assert record.output.labels == ("cat", "dog")
    assert record.input.shape == (24, 24, 3)
    assert record.lineage.source == "picture folder"
    assert f"Run {run.name}: fast in float32 on" in said.getvalue()
    assert training.runs.unfinished("pets") == []
    assert not (run / CHECKPOINT).exists()


def test_a_new_run_names_the_unfinished_ones(tmp_path: Path) -> None:
    export_folders(sample(), tmp_path / "pets", ["cat", "dog"], limit=5)
    training, said = service(tmp_path)
    old = training.runs.create(sample_plan("20260101-000000-abcdef", model="pets"))
    (old / CHECKPOINT).touch()
    training.start(TrainingRequest("pets", folder=tmp_path / "pets", epochs=1))
    assert f"Run {old.name} is unfinished; `--resume {old.name}` would go on with it." in said.getvalue()


def test_a_finished_run_is_not_resumed(run: Path, tmp_path: Path) -> None:
    training, _ = service(run.parents[1])
    with pytest.raises(RunFinished):
        training.resume("cifar10", run.name)


def test_a_run_of_another_model_is_not_resumed(tmp_path: Path) -> None:
    training, _ = service(tmp_path)
    plan = sample_plan("20260101-000000-abcdef")
    training.runs.create(plan)
    with pytest.raises(RunUnknown, match="is one of model 'cifar10', not 'pets'"):
        training.resume("pets", plan.id)
