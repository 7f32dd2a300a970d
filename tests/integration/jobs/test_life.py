"""Jobs as child processes of a gateway, from the question to their end."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.jobs.rig import EVALUATE, RETRAIN, ask, in_state, job, job_settings, open_missing, running
from tests.integration.jobs.sse import Event, read_events
from tests.unit.gateway.rig import check_problem


@pytest.fixture
def given(repository: Path, tmp_path: Path) -> Any:
    return lambda **changes: job_settings(repository, f"sqlite:///{tmp_path}/trireme.db", **changes)


async def test_a_retrain_runs_and_its_document_tells_what_it_came_to(given: Any) -> None:
    async with running(given()) as http:
        answer = await http.post(RETRAIN, json={"note": "succeed", "seed": 7})
        assert answer.status_code == 202
        assert answer.headers["location"] == f"{RETRAIN}/{answer.json()['id']}"
        found = await in_state(http, answer.json()["id"], "succeeded")
    assert found["result"]["published"] == 2
    assert found["champion"] == 1
    assert found["attempts"] == 1
    assert found["progress"]["stage"] == "training"
    assert found["parameters"]["seed"] == 7
    assert found["principal"] == "local:local"
    assert found["created"] <= found["started"] <= found["ended"]
    assert (found["reason"], found["cancel_asked"]) == (None, False)


async def test_what_a_job_writes_is_cleaned_bounded_and_kept(given: Any) -> None:
    async with running(given()) as http:
        one = await ask(http, "talk")
        await in_state(http, one, "succeeded")
        events = await stream(http, f"{RETRAIN}/{one}/events")
    lines = [data["line"] for kind, _, data in events if kind == "log"]
    assert lines[:6] == [
        "attempt 1 begins",
        "epoch 1",
        "epoch 1, done",
        "[31mred",
        "x" * 500,
        "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    ]
    assert len(lines) == 2000
    assert lines[-1].startswith("The log is longer")


async def test_a_job_knows_nothing_of_the_gateway_s_own_settings_and_is_nicer(given: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("GATEWAY_AUTH_ISSUER_SECRET", "hush")
    async with running(given(job_nice=5)) as http:
        events = await stream(http, f"{RETRAIN}/{await ask(http, 'environment')}/events")
    lines = [data["line"] for kind, _, data in events if kind == "log"]
    variables = json.loads(lines[1])
    assert {"TRAINING_DATABASE", "TRAINING_REPOSITORY"} <= {*variables}
    assert not [name for name in variables if name.startswith("GATEWAY_")]
    assert lines[2] == f"nice {min(19, os.nice(0) + 5)}"


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("die", "The job's process ended with status 7; it last wrote: there is nothing to train on."),
        ("mute", "The job's process ended with status 0; it last wrote: attempt 1 begins."),
    ],
)
async def test_a_job_that_dies_fails_and_says_how(given: Any, note: str, reason: str) -> None:
    async with running(given()) as http:
        found = await in_state(http, await ask(http, note), "failed")
    assert (found["reason_code"], found["reason"]) == ("job-died", reason)


async def test_a_job_that_runs_is_cancelled_and_one_that_waits_ends_at_once(given: Any) -> None:
    async with running(given()) as http:
        first, second = await ask(http, "wait"), await ask(http, "wait")
        await in_state(http, first, "running")
        ended = await http.delete(f"{RETRAIN}/{second}")
        assert (ended.status_code, ended.json()["state"]) == (202, "cancelled")
        asked = await http.delete(f"{RETRAIN}/{first}")
        assert (asked.status_code, asked.json()["cancel_asked"]) == (202, True)
        await in_state(http, first, "cancelled")
        check_problem(await http.delete(f"{RETRAIN}/{first}"), 409, "job-over")
        assert (await job(http, second))["attempts"] == 0


async def test_a_job_that_hears_nothing_is_cancelled_by_force(given: Any) -> None:
    async with running(given(job_grace_s=0.1)) as http:
        one = await ask(http, "deaf")
        await in_state(http, one, "running")
        await http.delete(f"{RETRAIN}/{one}")
        await in_state(http, one, "cancelled")


async def test_a_job_that_takes_too_long_is_ended(given: Any, tmp_path: Path) -> None:
    policies = tmp_path / "policies.yaml"
    policies.write_text("models: {tiny: {time_limit_s: 1}}")
    async with running(given(retrain_policies=policies, job_grace_s=0.1)) as http:
        first, second = await ask(http, "deaf"), await ask(http, "succeed", model="credit")
        found = await in_state(http, first, "failed")
        assert found["reason_code"] == "job-timeout"
        assert found["reason"] == "The job took longer than its 1 s."
        # Its process is gone too: there is room again.
        await in_state(http, second, "succeeded", where="/v1/models/credit/retrain")


async def test_a_job_that_falls_silent_is_started_anew_and_fails_in_the_end(given: Any) -> None:
    async with running(given(job_silence_s=1, job_grace_s=0.1, job_attempts=2)) as http:
        one = await ask(http, "silent")
        found = await in_state(http, one, "failed")
    assert (found["reason_code"], found["attempts"]) == ("job-lost", 2)


async def test_a_job_whose_program_is_not_there_fails_with_a_sentence(given: Any) -> None:
    async with running(given(), open_missing) as http:
        found = await in_state(http, await ask(http), "failed")
    assert (found["reason_code"], found["reason"]) == ("launch-failed", "The program of the job is not there.")


async def test_an_evaluation_runs_beside_a_retrain_of_the_model(given: Any) -> None:
    async with running(given(jobs_at_once=2)) as http:
        first = await ask(http, "wait")
        await in_state(http, first, "running")
        answer = await http.post(EVALUATE)
        assert answer.status_code == 202
        await in_state(http, answer.json()["id"], "succeeded", where=EVALUATE)
        assert (await job(http, first))["state"] == "running"


async def stream(http: httpx.AsyncClient, url: str, **headers: str) -> list[Event]:
    """All events of a stream that ends."""
    answer = (await http.get(url, headers=headers)).raise_for_status()
    assert answer.headers["content-type"].startswith("text/event-stream")
    return read_events(answer.text)


async def test_a_stream_tells_all_in_order_and_goes_on_after_the_last_event_that_was_seen(given: Any) -> None:
    async with running(given()) as http:
        one = await ask(http, "succeed")
        events = await stream(http, f"{RETRAIN}/{one}/events")
        assert [data["state"] for kind, _, data in events if kind == "state"] == [
            "queued",
            "starting",
            "running",
            "succeeded",
        ]
        assert [data["epoch"] for kind, _, data in events if kind == "progress"] == [1]
        numbers = [number for _, number, _ in events]
        assert numbers == sorted(set(numbers))
        later = await stream(http, f"{RETRAIN}/{one}/events", **{"Last-Event-ID": str(numbers[2])})
        assert later == events[3:]
        check_problem(await http.get(f"{RETRAIN}/{uuid4()}/events"), 404, "job-unknown")
