"""Gateways and databases that go away while jobs run."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contract.jobs.documents import JobState
from gateway.database.engine import Database, open_database
from gateway.database.settings import DatabaseSettings
from gateway.jobs.store import JobStore
from tests.integration.jobs.rig import KIND, RETRAIN, ROOT, ask, in_state, job, job_settings, new_job, running, until
from tests.support.postgres import Postgres
from tests.unit.gateway.rig import check_problem

AWAY = "the database is away: jobs are looked after again when it is back"
PROGRAM = ROOT / "tests/support/job_gateway.py"


@contextmanager
def program(
    repository: Path, url: str, log: Path, listener: socket.socket | None = None, **changes: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A gateway in a process of its own, with the test's jobs."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    given = {
        "GATEWAY_REPOSITORY": str(repository),
        "GATEWAY_SERVED": "",
        "GATEWAY_AUTH": "off",
        "GATEWAY_LOG": "off",
        "GATEWAY_DATABASE": url,
        "GATEWAY_SOCKET_FD": str(listener.fileno()),
        "GATEWAY_JOB_INTERVAL_S": "0.05",
        "GATEWAY_JOB_STOP_S": "20",
        "GATEWAY_JOB_NICE": "0",
        "PYTHONPATH": str(ROOT),
        **changes,
    }
    options: dict[str, Any] = {"env": {**os.environ, **given}, "pass_fds": [listener.fileno()]}
    command = [sys.executable, str(PROGRAM)]
    with listener, log.open("w") as file, subprocess.Popen(command, stdout=file, stderr=file, **options) as one:
        try:
            yield one
        finally:
            one.kill()


async def queued(database: Database, note: str = "wait") -> str:
    return (await JobStore(database, 100).create(new_job(note))).id


async def reached(database: Database, one: str, *states: JobState) -> None:
    async def is_there() -> bool:
        return (await JobStore(database, 100).find("tiny", KIND, one)).state in states

    await until(is_there)


async def test_a_job_of_a_gateway_that_was_killed_stops_and_the_next_gateway_goes_on_with_it(
    repository: Path, tmp_path: Path, url: str, database: Database
) -> None:
    one = await queued(database)
    with program(repository, url, tmp_path / "log") as gateway:
        await reached(database, one, JobState.RUNNING)
        gateway.kill()
    # It noticed the end of its input, and put itself back.
    await reached(database, one, JobState.QUEUED)
    async with running(job_settings(repository, url)) as http:
        found = await in_state(http, one, "running")
        assert found["attempts"] == 2
        await http.delete(f"{RETRAIN}/{one}")
        await in_state(http, one, "cancelled")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_gateway_that_is_asked_to_stop_lets_its_jobs_put_themselves_back(
    repository: Path, tmp_path: Path, url: str, database: Database
) -> None:
    one = await queued(database)
    with program(repository, url, tmp_path / "log") as gateway:
        await reached(database, one, JobState.RUNNING)
        gateway.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(gateway.wait, 60) == 0
    found = await JobStore(database, 100).find("tiny", KIND, one)
    assert (found.state, found.lane, found.ended) == (JobState.QUEUED, None, None)
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_job_that_hears_nothing_is_put_back_by_the_gateway_that_stops(repository: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trireme.db"
    async with running(job_settings(repository, url, job_stop_s=0.1)) as http:
        one = await ask(http, "deaf")
        await in_state(http, one, "running")
    async with open_database(DatabaseSettings(database=SecretStr(url))) as database:
        found = await JobStore(database, 100).find("tiny", KIND, one)
    assert (found.state, found.lane) == (JobState.QUEUED, None)


async def test_jobs_streams_and_answers_outlast_a_database_that_is_away(
    repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Postgres() as server:
        async with running(job_settings(repository, server.url, database_timeout_s=10)) as http:
            one = await ask(http, "wait")
            await in_state(http, one, "running")
            events = asyncio.create_task(http.get(f"{RETRAIN}/{one}/events"))
            await until(lambda: has_stream(http))
            await asyncio.to_thread(server.stop)
            check_problem(await http.post(RETRAIN, json={}), 503, "database-unavailable")
            check_problem(await http.get(f"{RETRAIN}/{one}"), 503, "database-unavailable")
            await until(lambda: noticed(caplog))
            await asyncio.to_thread(server.start)
            await until(lambda: is_back(http, one))
            found = await job(http, one)
            assert (found["state"], found["attempts"]) == ("running", 1)
            await http.delete(f"{RETRAIN}/{one}")
            await in_state(http, one, "cancelled")
            assert "cancelled" in (await events).text
    assert caplog.messages.count(AWAY) == 1


async def has_stream(http: httpx.AsyncClient) -> bool:
    return "trireme_gateway_job_streams 1.0" in (await http.get("/metrics")).text


async def noticed(caplog: pytest.LogCaptureFixture) -> bool:
    return AWAY in caplog.messages


async def is_back(http: httpx.AsyncClient, one: str) -> bool:
    return (await http.get(f"{RETRAIN}/{one}")).status_code == 200


async def test_a_gateway_that_starts_without_its_database_runs_jobs_once_it_is_there(repository: Path) -> None:
    with Postgres() as server:
        server.stop()
        async with running(job_settings(repository, server.url, database_timeout_s=10)) as http:
            check_problem(await http.post(RETRAIN, json={}), 503, "database-unavailable")
            await asyncio.to_thread(server.start)

            async def is_taken() -> bool:
                return (await http.post(RETRAIN, json={}, headers={"Idempotency-Key": "a"})).status_code == 202

            # The tables have to be made first.
            await until(is_taken)
