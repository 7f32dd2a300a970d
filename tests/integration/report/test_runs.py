"""The reports of a real run and of the version that it became."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from contract.names import ModelVersion
from contract.repository import ANSWERS, PLOTS, REPORT, REPORT_RECORD, ModelRepository
from tests.support.cifar10 import sample
from tests.support.trained import trained_run
from training.publish import publish
from training.report.answers import Answers
from training.report.record import ReportRecord
from training.report.sources import of_version
from training.runs import SAVED_MODEL, RunRecord
from training.saved_model import SavedModel


@pytest.fixture(scope="module")
def repository(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 1 is the run; version 2 is the same run as it was before runs had reports."""
    root = tmp_path_factory.mktemp("repository")
    publish(trained, root)
    old = Path(shutil.copytree(trained, root / ".old"))
    for name in (REPORT, REPORT_RECORD, ANSWERS):
        (old / name).unlink()
    shutil.rmtree(old / PLOTS)
    publish(old, root)
    return root


def test_a_run_s_report_has_every_section_of_model_and_data(trained: Path) -> None:
    record = ReportRecord.read(trained)
    assert record is not None
    assert len(record.statements) == 11
    assert record.history == RunRecord.read(trained).history
    plots = {path.stem for path in (trained / PLOTS).iterdir()}
    assert plots >= {statement.name for statement in record.statements} - {"near-duplicates"}
    assert (trained / REPORT).stat().st_size < 3_000_000


def test_a_run_keeps_the_exported_model_s_answers(trained: Path) -> None:
    answers = Answers.read(trained / ANSWERS)
    assert np.array_equal(answers.truth, sample().test.labels)
    again = SavedModel(trained / SAVED_MODEL).probabilities(sample().test.images)
    assert np.array_equal(answers.probabilities, again)
    assert answers.right.mean() == pytest.approx(RunRecord.read(trained).evaluation.accuracy)


def test_a_version_carries_its_run_s_report_under_the_card_s_digests(repository: Path, trained: Path) -> None:
    store, name = ModelRepository(repository), ModelVersion("cifar10", 1)
    card = store.verify(name)
    assert {REPORT, REPORT_RECORD, ANSWERS, f"{PLOTS}/roc.png"} <= card.files.keys()
    for file in (REPORT, REPORT_RECORD, ANSWERS):
        assert (store.folder(name) / file).read_bytes() == (trained / file).read_bytes()
    assert of_version(store, name).history == RunRecord.read(trained).history


def test_a_run_from_before_reports_gets_one_when_it_is_published(repository: Path) -> None:
    store, name = ModelRepository(repository), ModelVersion("cifar10", 2)
    assert {REPORT, REPORT_RECORD} <= store.verify(name).files.keys()
    record = ReportRecord.read(store.folder(name))
    assert record is not None
    assert [part.name for part in record.statements] == ["training-curves", "confusion-matrix", "classes"]


def test_a_plot_that_fails_does_not_cost_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("training.report.sections.roc.section", fail)
    run = trained_run(tmp_path, epochs=1)
    names = [part["name"] for part in json.loads((run / REPORT_RECORD).read_text())["statements"]]
    assert "roc" not in names
    assert "calibration" in names
    assert RunRecord.read(run).evaluation.examples == 100
