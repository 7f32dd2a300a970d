"""A job and its row: every change is one attempt's."""

import pytest
from sqlalchemy import select

from contract.jobs.documents import JobState, Progress, RetrainParameters, RetrainResult
from contract.jobs.tables import JOB_PAGES
from tests.support.job_rows import JobRows
from training.retrain import desk as desks
from training.retrain.desk import Ending, JobDesk, Situation
from training.retrain.errors import JobUnsupported
from training.retrain.work import Page

RESULT = RetrainResult(run="r", champion=2, published=3, rule="It held.", examples_added=1, accuracy=0.5)


def test_a_job_is_begun_once(desk: JobDesk, rows: JobRows, job: str) -> None:
    assert desk.begin()
    assert not desk.begin()
    assert rows.row(job)["state"] == "running"
    assert rows.events(job, "state") == [{"state": "running"}]


def test_an_attempt_that_was_given_up_begins_nothing(desk: JobDesk, rows: JobRows, job: str) -> None:
    rows.claim(job)
    assert not desk.begin()
    assert rows.row(job)["state"] == "starting"


def test_the_row_says_what_is_to_be_done(desk: JobDesk, job: str) -> None:
    found = desk.assignment()
    assert (found.id, found.model, found.champion) == (job, "cats-dogs", 2)
    assert found.parameters == RetrainParameters()


def test_parameters_of_another_version_are_refused(desk: JobDesk, rows: JobRows, job: str) -> None:
    rows.change(job, parameters={"kind": "dance"})
    with pytest.raises(JobUnsupported):
        desk.assignment()


def test_a_beat_writes_what_was_told(desk: JobDesk, rows: JobRows, job: str) -> None:
    desk.begin()
    before = rows.row(job)["heartbeat"]
    progress = Progress(stage="training", epoch=1, epochs=2, loss=0.5)
    assert desk.beat(["one", "two"], progress) == Situation(is_ours=True)
    row = rows.row(job)
    assert row["heartbeat"] > before
    assert row["progress"] == {"stage": "training", "epoch": 1, "epochs": 2, "loss": 0.5}
    assert rows.events(job, "log") == [{"line": "one"}, {"line": "two"}]
    assert rows.events(job, "progress") == [row["progress"]]


def test_a_beat_notices_a_cancel(desk: JobDesk, rows: JobRows, job: str) -> None:
    desk.begin()
    rows.change(job, cancel_asked=True)
    assert desk.beat() == Situation(is_ours=True, cancel_asked=True)


def test_a_superseded_attempt_changes_nothing(desk: JobDesk, rows: JobRows, job: str) -> None:
    desk.begin()
    rows.claim(job)
    before = rows.row(job)
    assert not desk.beat(["late"], Progress(stage="training")).is_ours
    assert not desk.end(Ending(JobState.SUCCEEDED, RESULT))
    assert not desk.stop()
    assert rows.row(job) == before
    assert rows.events(job, "log") == []


def pages(rows: JobRows) -> list[tuple[str, bytes, list[str]]]:
    with rows.engine.begin() as connection:
        return [(row.job_id, row.html, row.scripts) for row in connection.execute(select(JOB_PAGES))]


def test_a_page_is_kept_with_its_result_once_and_never_for_a_superseded_attempt(
    desk: JobDesk, rows: JobRows, job: str
) -> None:
    ending = Ending(JobState.SUCCEEDED, RESULT, page=Page(b"zipped", ("sha256-x",)))
    desk.begin()
    rows.claim(job)
    assert not desk.end(ending)
    assert pages(rows) == []
    ours = JobDesk(rows.engine, job, 2)
    assert ours.begin()
    assert ours.end(ending)
    assert ours.end(ending)
    assert pages(rows) == [(job, b"zipped", ["sha256-x"])]


def test_an_end_is_written_whole_and_frees_the_lane(desk: JobDesk, rows: JobRows, job: str) -> None:
    desk.begin()
    assert desk.end(Ending(JobState.FAILED, reason="No data.", code="data-unknown"))
    row = rows.row(job)
    assert (row["state"], row["reason"], row["reason_code"], row["lane"]) == (
        "failed",
        "No data.",
        "data-unknown",
        None,
    )
    assert row["ended"] is not None
    assert rows.events(job, "state")[-1] == {"state": "failed", "reason": "No data."}


def test_an_end_whose_answer_was_lost_may_be_told_again(desk: JobDesk, rows: JobRows, job: str) -> None:
    desk.begin()
    ending = Ending(JobState.SUCCEEDED, RESULT)
    assert desk.end(ending)
    assert desk.end(ending)
    assert RetrainResult.model_validate(rows.row(job)["result"]) == RESULT
    assert len(rows.events(job, "state")) == 2


@pytest.mark.parametrize(("asked", "state"), [(False, "queued"), (True, "cancelled")])
def test_a_stopped_job_goes_on_later_unless_it_was_cancelled(
    desk: JobDesk, rows: JobRows, job: str, asked: bool, state: str
) -> None:
    desk.begin()
    rows.change(job, cancel_asked=asked)
    assert desk.stop()
    row = rows.row(job)
    assert (row["state"], row["lane"]) == (state, None)
    assert (row["ended"] is not None) is asked


def test_a_job_s_events_are_limited(desk: JobDesk, rows: JobRows, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "LOGS", 3)
    desk.begin()
    desk.beat(["1", "2"])
    desk.beat(["3", "4"])
    desk.beat(["5"])
    assert [event["line"] for event in rows.events(job, "log")] == ["1", "2", "3"]
