"""`trireme load`, against a real gateway and Triton."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from loadtest.cli import load as cli
from loadtest.experiment.cli import experiment
from tests.support.laptop import Laptop, running
from tests.support.table_versions import ROW, make_table_version
from tests.support.versions import make_version
from trireme.autoscale.cli import autoscale

LOAD = (sys.executable, "-m", "trireme", "load")
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    folder = tmp_path_factory.mktemp("load")
    make_version(folder / "model_repository", "tiny")
    make_table_version(folder / "model_repository", "credit")
    # All users are one caller.
    with running(folder, GATEWAY_RATE_LIMITS="[]") as laptop:
        # The first file takes long: what reads files is loaded then.
        httpx.post(
            f"{laptop.url}/v1/models/credit/predict/batch",
            content=json.dumps(ROW),
            headers={"Content-Type": "application/x-ndjson"},
            timeout=120,
        ).raise_for_status()
        yield laptop


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    # `label` is no column of the model, as in a table that one trains on.
    file.write_text(
        "".join(json.dumps({**ROW, "key": f"k{n}", "age": n, "label": "good"}) + "\n" for n in range(20, 60))
    )
    return file


def command(laptop: Laptop, out: Path, *arguments: str) -> list[str]:
    return ["run", "--url", laptop.url, "--out", str(out), *arguments]


def load(laptop: Laptop, out: Path, *arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(cli, command(laptop, out, *arguments), env=variables, catch_exceptions=False)


ALL_KINDS = ("--mix", "predict=1,batch=1,browse=1,spike=1")


def quick(laptop: Laptop, out: Path, *arguments: str) -> Result:
    """All kinds of users, who hardly wait."""
    return load(
        laptop, out, "steady-50", "--users", "8", "--seconds", "12", *arguments,
        LOADTEST_THINK_S="[0, 0.1]", LOADTEST_SPIKE_PAUSE_S="[0, 0.1]", LOADTEST_SPIKE="3", LOADTEST_BATCH="4",
    )  # fmt: skip


@pytest.mark.parametrize("model", ["tiny", "credit"])
def test_users_of_all_kinds_are_answered(laptop: Laptop, rows: Path, tmp_path: Path, model: str) -> None:
    data = EXAMPLES if model == "tiny" else rows
    done = quick(
        laptop, tmp_path / "out", "--model", model, "--data", str(data), "--max-failed", "0", "--json", *ALL_KINDS
    )
    assert done.exit_code == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert {line["name"] for line in found["lines"]} >= {"predict", "batch of 4", "predict, spike", "/health/ready"}
    assert found["total"]["requests"] > 20
    assert (found["total"]["failures"], found["failures"]) == (0, [])
    assert "<html" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("model", ["tiny", "credit"])
def test_a_plan_for_the_autoscaler_is_made_of_what_the_gateway_measures(laptop: Laptop, rows: Path, model: str) -> None:
    arguments = [
        "plan",
        model,
        "--rate",
        "10",
        "--gateway",
        laptop.url,
        "--seconds",
        "1",
        "--data",
        str(rows),
        "--json",
    ]
    done = CliRunner().invoke(autoscale, [*arguments, "--slo-ms", "30000"], catch_exceptions=False)
    assert done.exit_code == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert all(ms > 0 for ms in found["service"]["ms_by_batch"].values())
    assert found["capacity"] >= found["highest_rate"] > found["target_rate"] > 0
    assert laptop.url in found["service"]["source"]


def test_what_was_promised_and_is_not_held_fails(laptop: Laptop, tmp_path: Path) -> None:
    arguments = ("steady-50", "--users", "1", "--seconds", "3", "--model", "tiny", "--data", str(EXAMPLES))
    done = load(laptop, tmp_path, *arguments, "--p95-ms", "0.01")
    assert done.exit_code == 1
    assert "95 % were answered within" in done.stderr
    assert "Aggregated" in done.stdout


def test_a_problem_is_counted_under_its_code(laptop: Laptop, rows: Path, tmp_path: Path) -> None:
    rows.with_name("wrong.jsonl").write_text(json.dumps({**ROW, "age": "old"}) + "\n")
    arguments = ("steady-50", "--users", "1", "--seconds", "4", "--mix", "predict=1", "--model", "credit", "--json")
    done = load(laptop, tmp_path, *arguments, "--data", str(rows.with_name("wrong.jsonl")), "--max-failed", "50")
    assert done.exit_code == 1
    assert [failure["error"] for failure in json.loads(done.stdout)["failures"]] == ["422 row-invalid"]
    assert "100.00% failed" in done.stderr


def test_ctrl_c_ends_it_early_and_what_was_measured_counts(laptop: Laptop, tmp_path: Path) -> None:
    arguments = ("steady-50", "--users", "2", "--seconds", "600", "--model", "tiny", "--data", str(EXAMPLES), "--json")
    history = tmp_path / "stats_stats_history.csv"
    with subprocess.Popen([*LOAD, *command(laptop, tmp_path, *arguments)], stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120
        while not history.is_file() or history.read_text().count("\n") < 5:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    assert json.loads(shown)["total"]["requests"] > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("steady",), "There is no scenario 'steady'"),
        (("ramp", "--model", "none"), "says: There is no model"),
        (("ramp", "--model", "credit"), "takes rows: name a file"),
        (("ramp", "--model", "tiny", "--data", "/no/such"), "There is no picture in /no/such."),
        (("ramp", "--model", "tiny", "--data", str(EXAMPLES), "--mix", "eat=1"), "--mix is like"),
        (("ramp", "--model", "tiny", "--data", str(EXAMPLES), "--mix", "predict=0"), "--mix names no user."),
    ],
)
def test_what_is_wrong_is_one_sentence(
    laptop: Laptop, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = load(laptop, tmp_path, *arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert sentence in done.stderr


def test_nobody_at_the_address_is_one_sentence(laptop: Laptop, tmp_path: Path) -> None:
    done = load(laptop, tmp_path, "ramp", "--url", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert done.stderr == "error: No gateway answers at http://127.0.0.1:9.\n"


def test_a_dry_run_sends_nothing(laptop: Laptop, tmp_path: Path) -> None:
    done = load(laptop, tmp_path / "out", "burst", "--model", "tiny", "--data", str(EXAMPLES), "--dry-run")
    assert done.exit_code == 0
    assert "200 users, 300 s" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_experiment_on_replicas_of_its_own_leaves_tables_and_a_report(laptop: Laptop, tmp_path: Path) -> None:
    plan = {
        "name": "short", "model": "tiny", "replicas": [1], "pause_s": 0, "slo": {"failed": 0},
        "target": {"kind": "local", "repository": str(laptop.repository), "balance": "clients"},
        "load": {"users": [2], "seconds": 4, "warm_up_s": 1, "think_s": [0, 0.1], "data": str(EXAMPLES)},
    }  # fmt: skip
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    command = [str(tmp_path / "plan.yaml"), "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(experiment, command, catch_exceptions=False)
    assert done.exit_code == 0, done.stdout + done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["failures"], row["most_replicas"]) == (0, 1)
    assert row["cpu_cores"] > 0
    cell = tmp_path / "out" / "1-replicas-2-users-1"
    counted = [second["requests"] for second in pq.read_table(cell / "seconds.parquet").to_pylist()]
    assert len(counted) == 4
    assert 0 < row["requests"] <= pq.read_table(cell / "requests.parquet").num_rows
    assert "<svg" in (tmp_path / "out" / "report.html").read_text()
