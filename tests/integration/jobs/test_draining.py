"""Streams of a gateway that is asked to stop, and the client that goes on with them at another gateway."""

import asyncio
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from contract.jobs.documents import JobState
from gateway.database.engine import Database
from tests.integration.jobs.rig import RETRAIN, in_state, job_settings, running
from tests.integration.jobs.sse import Event, read_events
from tests.integration.jobs.test_crashes import program, queued, reached


@pytest.mark.timeout(900)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("drain_s", ["0", "2"])
async def test_a_stream_ends_cleanly_and_the_client_that_comes_back_misses_nothing(
    repository: Path, tmp_path: Path, url: str, database: Database, drain_s: str
) -> None:
    one, log = await queued(database), tmp_path / "log"
    listener = socket.create_server(("127.0.0.1", 0))
    with program(repository, url, log, listener, GATEWAY_DRAIN_S=drain_s) as gateway:
        await reached(database, one, JobState.RUNNING)
        before = await events_until_stopped(gateway, listener.getsockname()[1], one)
        assert await asyncio.to_thread(gateway.wait, 60) == 0
    assert "Traceback" not in log.read_text()
    async with running(job_settings(repository, url)) as http:
        await in_state(http, one, "running")
        await http.delete(f"{RETRAIN}/{one}")
        again = await http.get(f"{RETRAIN}/{one}/events", headers={"Last-Event-ID": str(before[-1][1])})
        whole = read_events((await http.get(f"{RETRAIN}/{one}/events")).text)
    assert before + read_events(again.text) == whole
    told = [data["state"] for kind, _, data in whole if kind == "state"]
    assert (told[-1], told.count("running")) == ("cancelled", 2)


async def events_until_stopped(gateway: "subprocess.Popen[bytes]", port: int, job: str) -> list[Event]:
    """What a stream tells of a gateway that is asked to stop meanwhile; where it were cut off, reading would raise."""
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
        http.stream("GET", f"{RETRAIN}/{job}/events") as answer,
    ):
        lines = answer.aiter_lines()
        told = [await anext(lines)]
        gateway.send_signal(signal.SIGTERM)
        told += [line async for line in lines]
    return read_events("\n".join(told))
