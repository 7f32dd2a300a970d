"""`trireme experiment`, where nothing has to be started."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from plotly.offline import get_plotlyjs
from typer.testing import CliRunner

from loadtest.errors import ExperimentInvalid
from loadtest.experiment.cells import Cell, cells
from loadtest.experiment.cli import experiment
from loadtest.experiment.folder import Folder, begin, find
from loadtest.experiment.report import page
from tests.unit.experiment.conftest import LOAD, LOCAL, asked, finish, plan, recording

RUN = CliRunner()


def written(folder: Path, **changes: object) -> Path:
    path = folder / "plan.yaml"
    slo = {"p95_ms": 200, "failed": 0, "efficiency": 0.85}
    path.write_text(yaml.safe_dump({**LOCAL, "load": LOAD, "replicas": [1, 2], "slo": slo, **changes}))
    return path


def test_what_is_done_is_shown_without_a_new_run(finished: Folder, tmp_path: Path) -> None:
    done = RUN.invoke(experiment, [str(written(tmp_path)), "--out", str(finished.path), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [row["requests_per_s"] for row in found["rows"]] == [50, 90]
    assert found["scaling"][1]["efficiency"] == pytest.approx(0.9)
    assert all(one["held"] for one in found["verdict"])


def test_a_promise_that_is_not_held_is_status_1(tmp_path: Path) -> None:
    folder = begin(tmp_path / "some", plan(replicas=[1, 2], slo={"efficiency": 0.95}))
    for replicas, per_s in ((1, 50), (2, 90)):
        finish(folder, Cell(replicas, 10, 1), asked(per_s), recording([(replicas, replicas)] * 10))
    done = RUN.invoke(experiment, [str(written(tmp_path, slo={"efficiency": 0.95})), "--out", str(folder.path)])
    assert done.exit_code == 1
    assert "MISSED: From 1 to 2 replicas the throughput grew 1.80 times" in done.stdout


def test_the_report_needs_nothing_else_and_says_it_all(finished: Folder) -> None:
    text = page(finished)
    # Plotly's own script has such texts in strings.
    ours = text.replace(get_plotlyjs(), "")
    assert len(ours) < len(text)
    assert not re.search(r"<script[^>]+src|<link|<img|src=|href=\"(?!#)", ours)
    for part in ("some machine", "scaling efficiency 0.90", "Plotly.newPlot", "Replicas", "4.0 s after its start"):
        assert part in text


def test_a_dry_run_says_what_is_to_come_and_makes_nothing(tmp_path: Path) -> None:
    done = RUN.invoke(experiment, ["--dry-run", str(written(tmp_path)), "--out", str(tmp_path / "none")])
    assert done.exit_code == 0
    assert "2-replicas-10-users-1: to run" in done.stdout
    assert not (tmp_path / "none").exists()


def test_it_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    folder = begin(tmp_path / "some", plan(replicas=[1, 2]))
    finish(folder, Cell(1, 10, 1), asked(50), recording([(1, 1)] * 10))
    with contextlib.suppress(KeyboardInterrupt), folder.filling(Cell(2, 10, 1)) as part:
        (part / "cell.json").write_text("{}")
        raise KeyboardInterrupt
    again = begin(tmp_path / "some", plan(replicas=[1, 2]))
    assert again.missing() == [Cell(2, 10, 1)]
    assert len(again.outcomes()) == 1
    with again.filling(Cell(2, 10, 1)) as part:
        assert not list(part.iterdir())


def test_another_plan_gets_a_folder_of_its_own(finished: Folder) -> None:
    with pytest.raises(ExperimentInvalid, match="another plan"):
        begin(finished.path, plan(replicas=[1, 2, 3]))
    assert len(cells(find(finished.path).plan)) == 2


def test_two_runs_are_compared_cell_by_cell(finished: Folder, tmp_path: Path) -> None:
    other = begin(tmp_path / "other", plan(replicas=[2, 3]))
    for replicas in (2, 3):
        finish(other, Cell(replicas, 10, 1), asked(45, ms=300.0), recording([(replicas, replicas)] * 10))
    done = RUN.invoke(experiment, ["compare", str(finished.path), str(other.path), "--json"])
    (pair,) = json.loads(done.stdout)
    assert (pair["replicas"], pair["throughput_times"], pair["p95_times"]) == (2, 0.5, 3.0)
    assert "0.50" in RUN.invoke(experiment, ["compare", str(finished.path), str(other.path)]).stdout


def test_what_is_no_experiment_is_one_sentence(tmp_path: Path) -> None:
    done = RUN.invoke(experiment, ["compare", str(tmp_path), str(tmp_path)])
    assert done.exit_code == 1
    assert "is no experiment's folder" in done.stderr


def test_help_names_the_plan_and_the_comparison() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "trireme", "experiment", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "PLAN.yaml" in shown
    assert "compare" in shown
