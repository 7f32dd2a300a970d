"""The trackers' process, called in this one."""

import io
import json
import sys
from pathlib import Path

import pytest

from training.tracking.__main__ import serve
from training.tracking.notes import Outcome, Point, Run
from training.tracking.settings import TrackingSettings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def said(settings: TrackingSettings, folder: Path) -> list[list[str]]:
    notes = [
        Run(id="r", model="m", parameters={}, tags={}),
        Point(number=1, metrics={"loss": 1.0}),
        Outcome(parameters={}, tags={}, metrics={}, folder=folder, files=("report.html",)),
    ]
    answers = io.StringIO()
    serve(settings, io.StringIO("".join(f"{note.model_dump_json()}\n" for note in notes)), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_trackers_that_all_fail_are_told_of_once_each_and_every_note_is_answered(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = TrackingSettings(
        _env_file=None,
        tracking=("mlflow", "wandb"),
        mlflow_uri=f"sqlite:///{tmp_path}/file/mlflow.db",
        wandb_dir=tmp_path / "file",
    )
    answers = said(settings, tmp_path)
    assert len(answers) == 5
    sentences = [sentence for answer in answers for sentence in answer]
    assert [sentence.partition(" is away")[0] for sentence in sentences] == ["MLflow", "Weights & Biases"]


def test_a_tracker_that_fails_while_a_run_goes_on_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "artifacts").touch()  # where a folder is to be
    (tmp_path / "report.html").touch()
    settings = TrackingSettings(
        _env_file=None,
        tracking=("mlflow",),
        mlflow_uri=f"sqlite:///{tmp_path}/mlflow.db",
        mlflow_artifacts=str(tmp_path / "artifacts"),
    )
    start, run, point, outcome, end = said(settings, tmp_path)
    assert [start, run, point, end] == [[], [], [], []]
    assert outcome[0].startswith("MLflow is away: ")


def test_a_library_that_is_not_installed_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "training.tracking.wandb", raising=False)
    monkeypatch.setitem(sys.modules, "wandb", None)
    answers = said(TrackingSettings(_env_file=None, tracking=("wandb",)), tmp_path)
    assert answers[1][0].startswith("Weights & Biases is away: ")
    assert "trireme[wandb]" in answers[1][0]
