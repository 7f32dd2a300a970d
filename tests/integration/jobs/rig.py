"""Gateways that run jobs whose program does what the job's note says."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from contract.jobs.documents import JobKind, JobState, RetrainParameters
from gateway.app import create_app
from gateway.benchmark_decode import open_nothing
from gateway.jobs.events import JobEvents
from gateway.jobs.job import Job
from gateway.jobs.launcher import Launcher
from gateway.jobs.new_job import NewJob
from gateway.jobs.opening import OpenLauncher, environment
from gateway.jobs.processes import ProcessLauncher
from gateway.settings import GatewaySettings
from tests.unit.gateway.rig import client, settings

PROGRAM = Path(__file__).parents[2] / "support/job_program.py"
RETRAIN = "/v1/models/tiny/retrain"
EVALUATE = "/v1/models/tiny/evaluate"
QUICK: dict[str, Any] = {
    "jobs": "process",
    "job_interval_s": 0.05,
    "job_poll_s": 0.05,
    "job_stop_s": 20,
    "job_grace_s": 20,
    "job_nice": 0,
}
ROOT = Path(__file__).parents[3]


def job_settings(repository: Path, url: str, **changes: Any) -> GatewaySettings:
    return settings(repository, **{**QUICK, "database": SecretStr(url), **changes})


def open_fake(given: GatewaySettings, events: JobEvents) -> Launcher:
    """The process launcher with the test's program."""
    variables = environment(given) | {"PYTHONPATH": str(ROOT)}
    return ProcessLauncher([sys.executable, str(PROGRAM)], variables, events, given)


def open_missing(given: GatewaySettings, events: JobEvents) -> Launcher:
    return ProcessLauncher(["/no/such/program"], {}, events, given)


def app(given: GatewaySettings, open_launcher: OpenLauncher = open_fake) -> FastAPI:
    return create_app(given, open_model_server=open_nothing, open_launcher=open_launcher)


@contextlib.asynccontextmanager
async def running(given: GatewaySettings, open_launcher: OpenLauncher = open_fake) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app(given, open_launcher)) as http:
        yield http


async def ask(http: httpx.AsyncClient, note: str = "succeed", model: str = "tiny") -> str:
    """The id of a new retrain."""
    answer = await http.post(f"/v1/models/{model}/retrain", json={"note": note})
    assert answer.status_code == 202, answer.text
    found: str = answer.json()["id"]
    return found


async def job(http: httpx.AsyncClient, one: str, where: str = RETRAIN) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"{where}/{one}")).raise_for_status().json()
    return found


async def in_state(http: httpx.AsyncClient, one: str, *states: str, where: str = RETRAIN) -> dict[str, Any]:
    """The job, once it is in one of the states."""

    async def is_there() -> bool:
        return (await job(http, one, where))["state"] in states

    await until(is_there)
    return await job(http, one, where)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(280):
        while not await condition():  # noqa: ASYNC110 - nothing tells of what another task does to the database
            await asyncio.sleep(0.05)


def new_job(note: str = "succeed", model: str = "tiny", **changes: Any) -> NewJob:
    given = {"trigger": "request", "principal": "user:eve", "time_limit_s": 600, **changes}
    return NewJob(model=model, parameters=RetrainParameters(note=note), **given)


def states(jobs: list[Job]) -> list[JobState]:
    return [one.state for one in jobs]


KIND = JobKind.RETRAIN
