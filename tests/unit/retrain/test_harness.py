"""One attempt at a job, with work that is as short as it can be."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import text

from contract.jobs.documents import Progress, RetrainParameters, RetrainResult
from tests.support.job_rows import JobRows, postgres_jobs
from tests.support.postgres import Postgres
from training.console import tell
from training.errors import PublishWithdrawn, TrainingDiverged
from training.retrain import clerk as clerks
from training.retrain import harness as harnesses
from training.retrain.clerk import Clerk
from training.retrain.command import main
from training.retrain.desk import JobDesk
from training.retrain.errors import JobStoreAway
from training.retrain.harness import FOLDER, Find, Harness
from training.retrain.kinds import find_work
from training.retrain.stops import stops
from training.retrain.work import Assignment, Office, Outcome, Work
from training.settings import TrainingSettings

ROOT = str(Path(__file__).parents[3])
RESULT = RetrainResult(run="r", champion=2, published=3, rule="It held.", examples_added=1, accuracy=0.5)


def do(work: Work, rows: JobRows, job: str, root: Path, *, stdin: int | None = None) -> bool:
    """Do the first attempt at a job by this work, looking often at what happens."""
    hire = partial(Clerk, beat_s=0.02, tick_s=0.01)
    with stops(stdin) as stop:
        return Harness(settings(root), JobDesk(rows.engine, job, 1), stop, lambda *_: work, hire).run()


def settings(root: Path) -> TrainingSettings:
    return TrainingSettings(
        _env_file=None, runs_dir=root / "runs", repository=str(root), examples=str(root / "examples")
    )


def until_stopped(_assignment: Assignment, office: Office) -> NoReturn:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        time.sleep(0.01)
    raise AssertionError("nobody stopped the work")


def after(act: Callable[[], Any]) -> Work:
    """Work that does something and then waits to be stopped."""

    def work(assignment: Assignment, office: Office) -> Outcome:
        act()
        return until_stopped(assignment, office)

    return work


def failing(error: BaseException) -> Work:
    def work(assignment: Assignment, office: Office) -> Outcome:
        raise error

    return work


def test_work_that_is_done_ends_the_job(rows: JobRows, job: str, tmp_path: Path) -> None:
    def work(assignment: Assignment, office: Office) -> Outcome:
        assert assignment.champion == 2
        (office.folder / "something").write_text("of this attempt")
        tell(office.console, "Half done.")
        office.reporter.progress(Progress(stage="training", step=1))
        return Outcome(RESULT)

    assert do(work, rows, job, tmp_path)
    row = rows.row(job)
    assert (row["state"], row["result"]["published"], row["lane"]) == ("succeeded", 3, None)
    assert rows.events(job, "log") == [{"line": "Half done."}]
    assert rows.events(job, "progress")[-1] == {"stage": "training", "step": 1}
    assert not (tmp_path / "runs" / FOLDER / job).exists()


def test_a_refused_version_is_a_rejection_with_the_reason(rows: JobRows, job: str, tmp_path: Path) -> None:
    refused = Outcome(RESULT.model_copy(update={"published": None}), rejected="It is worse.")
    assert do(lambda *_: refused, rows, job, tmp_path)
    row = rows.row(job)
    assert (row["state"], row["reason"]) == ("rejected", "It is worse.")


def test_an_attempt_that_is_another_s_does_nothing(rows: JobRows, job: str, tmp_path: Path) -> None:
    rows.claim(job)
    assert not do(failing(AssertionError()), rows, job, tmp_path)
    assert rows.row(job)["state"] == "starting"


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        (TrainingDiverged("The loss is none."), "The loss is none.", "training-diverged"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk that holds … is full.", "storage-full"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "The job failed by a fault of the program.", "internal"),
        (RuntimeError("secret /etc/passwd"), "The job failed by a fault of the program.", "internal"),
    ],
)
def test_a_failure_is_one_sentence_without_paths(
    rows: JobRows, job: str, tmp_path: Path, error: Exception, reason: str, code: str
) -> None:
    assert do(failing(error), rows, job, tmp_path)
    row = rows.row(job)
    assert (row["state"], row["reason"], row["reason_code"]) == ("failed", reason, code)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_queues_the_job_again(rows: JobRows, job: str, tmp_path: Path, number: signal.Signals) -> None:
    assert do(after(lambda: os.kill(os.getpid(), number)), rows, job, tmp_path)
    row = rows.row(job)
    assert (row["state"], row["lane"], row["reason"]) == ("queued", None, None)
    assert (tmp_path / "runs" / FOLDER / job).is_dir()


def test_a_gateway_that_dies_queues_the_job_again(rows: JobRows, job: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    assert do(after(lambda: os.close(writer)), rows, job, tmp_path, stdin=reader)
    assert rows.row(job)["state"] == "queued"
    os.close(reader)


def test_a_cancel_ends_the_job(rows: JobRows, job: str, tmp_path: Path) -> None:
    assert do(after(lambda: rows.change(job, cancel_asked=True)), rows, job, tmp_path)
    row = rows.row(job)
    assert row["state"] == "cancelled"
    assert row["ended"] is not None


def test_a_superseded_attempt_stops_and_leaves_the_row_alone(rows: JobRows, job: str, tmp_path: Path) -> None:
    assert not do(after(lambda: rows.claim(job)), rows, job, tmp_path)
    row = rows.row(job)
    assert (row["state"], row["attempt"]) == ("starting", 2)


@pytest.mark.parametrize("state", ["cancelled", "superseded"])
def test_nothing_is_revealed_for_a_job_that_is_not_wanted(rows: JobRows, job: str, tmp_path: Path, state: str) -> None:
    asked: list[bool] = []

    def work(assignment: Assignment, office: Office) -> Outcome:
        asked.append(office.reporter.may_reveal())
        if state == "cancelled":
            rows.change(job, cancel_asked=True)
        else:
            rows.claim(job)
        try:
            asked.append(office.reporter.may_reveal())
        except KeyboardInterrupt:  # the beat noticed it first
            asked.append(False)
        raise PublishWithdrawn

    assert do(work, rows, job, tmp_path) is (state == "cancelled")
    assert asked == [True, False]
    assert rows.row(job)["state"] == ("cancelled" if state == "cancelled" else "starting")


def test_an_attempt_waits_for_the_one_before_it(rows: JobRows, job: str, tmp_path: Path) -> None:
    folder = settings(tmp_path).runs_dir / FOLDER / job
    freed: list[float] = []

    def hold(taken: threading.Event) -> None:
        with harnesses.held(folder, Clerk(JobDesk(rows.engine, job, 1), stop=stop)):
            taken.set()
            time.sleep(0.3)
            freed.append(time.monotonic())

    def work(assignment: Assignment, office: Office) -> Outcome:
        assert freed
        return Outcome(RESULT)

    with stops(None) as stop:
        taken = threading.Event()
        thread = threading.Thread(target=hold, args=(taken,))
        thread.start()
        taken.wait(10)
        assert do(work, rows, job, tmp_path)
        thread.join()
    assert rows.row(job)["state"] == "succeeded"


def test_a_locked_database_stops_no_work(rows: JobRows, job: str, tmp_path: Path) -> None:
    def work(assignment: Assignment, office: Office) -> Outcome:
        with rows.engine.connect() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            began = time.monotonic()
            office.reporter.log("While it was locked.")
            office.reporter.progress(Progress(stage="training", step=7))
            assert time.monotonic() - began < 1
            connection.rollback()
        return Outcome(RESULT)

    assert do(work, rows, job, tmp_path)
    assert rows.events(job, "log") == [{"line": "While it was locked."}]
    assert rows.row(job)["state"] == "succeeded"


def test_a_database_that_is_away_is_told_when_it_is_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def work(assignment: Assignment, office: Office) -> Outcome:
        server.stop()
        office.reporter.log("While it was away.")
        end = time.monotonic() + 20
        said = ""
        while "doesn't answer" not in said and time.monotonic() < end:
            time.sleep(0.02)
            said += capfd.readouterr().err
        assert "doesn't answer" in said
        threading.Timer(0.5, server.start).start()
        return Outcome(RESULT)

    with Postgres() as server, postgres_jobs(server.url) as rows:
        job = rows.add("cats-dogs", RetrainParameters(), champion=2)
        assert do(work, rows, job, tmp_path)
        assert rows.row(job)["state"] == "succeeded"
        assert rows.events(job, "log") == [{"line": "While it was away."}]


def test_a_database_that_stays_away_is_said_and_the_row_is_left(
    rows: JobRows, job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerks, "PATIENCE_S", 0.0)
    database = tmp_path / "jobs.db"

    def work(assignment: Assignment, office: Office) -> Outcome:
        database.rename(tmp_path / "gone.db")
        return Outcome(RESULT)

    with pytest.raises(JobStoreAway):
        do(work, rows, job, tmp_path)
    assert not database.exists()
    (tmp_path / "gone.db").rename(database)
    assert rows.row(job)["state"] == "running"
    assert (tmp_path / "runs" / FOLDER / job).is_dir()


def run_command(arguments: list[str], find: Find = find_work) -> int:
    with stops(None) as stop:
        return main(stop, arguments, find)


@pytest.fixture
def environment(rows: JobRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRAINING_DATABASE", rows.url)
    return monkeypatch


def test_the_command_does_the_attempt_that_its_arguments_name(
    rows: JobRows, job: str, environment: pytest.MonkeyPatch
) -> None:
    assert run_command(["--job", job, "--attempt", "1"], lambda *_: lambda *_: Outcome(RESULT)) == 0
    assert rows.row(job)["state"] == "succeeded"


def test_the_command_takes_job_and_attempt_from_the_environment(
    job: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("TRAINING_JOB", job)
    environment.setenv("TRAINING_ATTEMPT", "7")
    assert run_command([]) == 0
    assert capsys.readouterr().err == "superseded\n"


def test_the_command_says_what_it_lacks(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([]) == 2
    assert "--job" in capsys.readouterr().err


def test_a_wrong_database_is_said_without_its_password(
    job: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("TRAINING_DATABASE", "mysql://me:secret@host/jobs")
    assert run_command(["--job", job, "--attempt", "1"]) == 4
    assert "secret" not in capsys.readouterr().err


def test_a_kind_of_job_that_does_not_exist_fails_with_a_sentence(
    rows: JobRows, environment: pytest.MonkeyPatch
) -> None:
    job = rows.add("churn", RetrainParameters(base="churn.yaml"))
    environment.setattr("training.retrain.kinds.WORKS", {})
    assert run_command(["--job", job, "--attempt", "1"]) == 0
    assert rows.row(job)["reason_code"] == "job-unsupported"


def test_a_stop_during_the_first_second_queues_the_job_again(rows: JobRows, job: str, tmp_path: Path) -> None:
    with stops(None) as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert Harness(settings(tmp_path), JobDesk(rows.engine, job, 1), stop, find_work).run()
    assert rows.row(job)["state"] == "queued"


def test_the_module_is_the_command(job: str, environment: pytest.MonkeyPatch) -> None:
    order = [sys.executable, "-m", "training.retrain", "--job", job, "--attempt", "7"]
    done = subprocess.run(order, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ROOT})
    assert (done.returncode, done.stderr) == (0, "superseded\n")
