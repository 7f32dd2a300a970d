"""An experiment beside the simulation of the same users."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from loadtest.capacity.check import checks, main
from loadtest.errors import ExperimentInvalid
from loadtest.experiment.cells import cells
from loadtest.experiment.folder import CELL, Folder, begin
from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import Plan

PLAN = Plan.model_validate(
    {
        "name": "some",
        "model": "m",
        "target": {"kind": "local"},
        "replicas": [1, 2],
        "load": {"users": [50], "seconds": 30, "warm_up_s": 10, "think_s": [0.1, 0.1]},
    }
)
# One replica answers 100 a second; by the response time law 50 users wait 50 / 100 - 0.1 seconds.
ONE = Outcome(
    replicas=1, users=50, repeat=1, requests=2000, failures=0, warm_up_failures=0, requests_per_s=100.0, mean_ms=400.0,
    p50_ms=400.0, p95_ms=800.0, p99_ms=900.0, mean_replicas=1.0, most_replicas=1, cpu_cores=None, memory_bytes=None,
    gpu_share=None, cost_per_million=None, decision_s=None, ready_s=None,
)  # fmt: skip


def experiment(path: Path, *outcomes: Outcome) -> Folder:
    folder = begin(path, PLAN)
    for cell, outcome in zip(cells(PLAN), outcomes, strict=False):
        with folder.filling(cell) as part:
            (part / CELL).write_text(json.dumps(asdict(outcome)))
    return folder


def test_one_replica_says_how_long_an_item_takes_and_two_are_predicted(tmp_path: Path) -> None:
    two = replace(ONE, replicas=2, requests_per_s=160.0, mean_ms=200.0)
    first, second = checks(experiment(tmp_path, ONE, two), 0.0)
    assert first.requests_per_s.off == pytest.approx(0, abs=0.02)
    assert first.mean_ms.off == pytest.approx(0, abs=0.02)
    assert first.p95_ms.off == pytest.approx(-0.5, abs=0.05)
    assert second.requests_per_s.simulated == pytest.approx(200, rel=0.02)
    assert second.requests_per_s.off == pytest.approx(0.25, abs=0.03)


def test_an_experiment_without_answers_says_so(tmp_path: Path) -> None:
    folder = experiment(tmp_path, replace(ONE, requests=0))
    with pytest.raises(ExperimentInvalid, match="no cell"):
        list(checks(folder, 0.0))


def test_the_table_has_both_and_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    experiment(tmp_path / "some", ONE)
    app = Typer()
    app.command()(main)
    shown = CliRunner().invoke(app, [str(tmp_path / "some"), "--overhead-ms", "0"])
    assert shown.exit_code == 0
    assert "400" in shown.output
    assert "-50%" in shown.output
    refused = CliRunner().invoke(app, [str(tmp_path)])
    assert refused.exit_code == 1
    assert "experiment's folder" in refused.output
