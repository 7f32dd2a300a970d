"""`trireme retrain`, `evaluate` and `jobs`, against a real gateway whose jobs run the test's program."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from tests.integration.jobs.rig import RETRAIN, app, job_settings
from tests.unit.gateway.rig import eventually, listening
from trireme import following
from trireme.evaluate import evaluate
from trireme.jobs import jobs
from trireme.retrain import retrain

VERBS: dict[str, typer.Typer] = {"retrain": retrain, "evaluate": evaluate, "jobs": jobs}


@pytest.fixture(scope="module")
def gateway(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("gateway")
    given = job_settings(repository, f"sqlite:///{folder}/trireme.db", shutdown_timeout_s=1, jobs_at_once=4)
    with listening(app(given), given) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def http(gateway: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway, timeout=30) as client:
        yield client


@pytest.fixture
def trireme(gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TRIREME_URL", gateway)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)

    def run(verb: str, *arguments: str) -> Any:
        return CliRunner().invoke(VERBS[verb], [*arguments])

    return run


def test_a_retrain_is_followed_to_its_verdict(trireme: Any) -> None:
    done = trireme("retrain", "tiny", "--note", "succeed", "--seed", "7", "--data", "none")

    assert done.exit_code == 0
    assert done.stdout == "Version 2 of tiny is published. The new version is not worse by more than 0.2 points.\n"
    assert done.stderr.splitlines()[0] == "queued"
    assert "training epoch 1/2" in done.stderr.splitlines()
    assert done.stderr.splitlines()[-1] == "succeeded"


def test_a_rejected_one_is_exit_status_3_and_a_failed_one_1(trireme: Any) -> None:
    rejected = trireme("retrain", "tiny", "--note", "reject")
    failed = trireme("retrain", "tiny", "--note", "die")

    assert (rejected.exit_code, failed.exit_code) == (3, 1)
    assert rejected.stdout == "Nothing was published. The new version is worse by 3.0 points.\n"
    assert failed.stdout.startswith("The job failed: The job's process ended with status 7")


def test_json_is_the_job_s_document_and_nothing_else(trireme: Any) -> None:
    job = json.loads(trireme("retrain", "tiny", "--json").stdout)

    assert (job["state"], job["result"]["published"]) == ("succeeded", 2)


def test_without_following_it_comes_back_at_once_and_the_job_can_be_shown_and_cancelled(
    trireme: Any, http: httpx.Client
) -> None:
    done = trireme("retrain", "tiny", "--note", "wait", "--no-follow", "--json")
    one = json.loads(done.stdout)["id"]
    assert done.exit_code == 0
    eventually(lambda: http.get(f"{RETRAIN}/{one}").json()["state"] == "running")

    shown = trireme("jobs", "tiny", one)
    asked = trireme("jobs", "tiny", one, "--cancel")
    eventually(lambda: http.get(f"{RETRAIN}/{one}").json()["state"] == "cancelled")

    assert '{"note": "wait", "max_loss_points": 0.2}' in shown.stdout
    assert "training epoch 1/2" in shown.stdout
    assert asked.stdout == "The job is asked to end.\n"
    assert "The job was cancelled." in trireme("jobs", "tiny", one).stdout
    again = trireme("jobs", "tiny", one, "--cancel")
    assert getattr(again.exception, "problem_code", None) == "job-over"


def test_an_evaluation_shows_its_figures_and_each_label_s(trireme: Any) -> None:
    done = trireme("evaluate", "tiny", "--version", "1")

    assert done.exit_code == 0
    said = "Version 1 of tiny on 2 examples of its test set, answered by Triton 2.60: accuracy 50.00%, macro F1 0.500, "
    assert done.stdout.startswith(said)
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("│")] == ["a", "b"]


def test_jobs_lists_both_kinds_the_newest_first_or_one_of_them(trireme: Any) -> None:
    retrained = json.loads(trireme("retrain", "tiny", "--json").stdout)["id"]
    evaluated = json.loads(trireme("evaluate", "tiny", "--json").stdout)["id"]

    found = json.loads(trireme("jobs", "tiny", "--json").stdout)
    shown = trireme("jobs", "tiny", "--kind", "retrain").stdout

    assert [job["id"] for job in found[:2]] == [evaluated, retrained]
    assert retrained in shown
    assert evaluated not in shown
    assert "accuracy 50.00%" in trireme("jobs", "tiny", evaluated).stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("retrain", "nothing"), "model-unknown"),
        (("retrain", "tiny", "--data", "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"), "batch-not-usable"),
        (("retrain", "tiny", "--from-version", "99"), "request-invalid"),
        (("jobs", "tiny", "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"), "job-unknown"),
    ],
)
def test_what_the_gateway_refuses_is_its_own_sentence(trireme: Any, arguments: tuple[str, ...], code: str) -> None:
    assert getattr(trireme(*arguments).exception, "problem_code", None) == code


def test_cancel_needs_a_job(trireme: Any) -> None:
    done = trireme("jobs", "tiny", "--cancel")

    assert done.exit_code == 2
    assert "--cancel needs a job" in done.stderr


def test_on_a_terminal_there_is_a_bar(trireme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(record=True, force_terminal=True, width=120)
    monkeypatch.setattr(following, "Console", lambda **_: terminal)

    assert trireme("retrain", "tiny").exit_code == 0

    assert "━" in terminal.export_text()


def test_ctrl_c_leaves_the_job_running_and_says_how_to_cancel_it(
    gateway: str, http: httpx.Client, tmp_path: Path
) -> None:
    arguments = [sys.executable, "-m", "trireme", "retrain", "tiny", "--note", "wait", "--url", gateway]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "training" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    one = http.get(RETRAIN, params={"state": "running"}).json()["jobs"][0]["id"]

    assert process.returncode == 130
    assert said.splitlines()[-1] == f"The job goes on; cancel it with: trireme jobs tiny {one} --cancel"
    assert http.delete(f"{RETRAIN}/{one}").json()["state"] == "running"
    eventually(lambda: http.get(f"{RETRAIN}/{one}").json()["state"] == "cancelled")
