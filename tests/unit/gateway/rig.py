"""A gateway for tests: pictures, settings, a stand-in for the model server, clients, and a real uvicorn."""

import asyncio
import contextlib
import io
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from fastapi import FastAPI
from PIL import Image

from contract.card import VersionCard
from gateway.app import create_app
from gateway.connecting import OpenModelServer
from gateway.inference import ModelServer, Pixels, Probabilities
from gateway.metrics import Metrics
from gateway.server import GatewayServer, server_config
from gateway.settings import GatewaySettings

PREDICT = "/v1/models/tiny/predict"
BATCH = f"{PREDICT}/batch"


def encode(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png(colour: tuple[int, int, int] = (10, 20, 30), size: tuple[int, int] = (32, 32)) -> bytes:
    return encode(Image.new("RGB", size, colour))


def colours(count: int) -> list[tuple[int, int, int]]:
    return [tuple(row) for row in np.random.default_rng(0).integers(0, 255, (count, 3)).tolist()]


def settings(repository: Path, **changes: Any) -> GatewaySettings:
    without = {"served": None, "auth": "off", "log": "off", "jobs": "off", "rollout": "off"}
    without["examples"] = f"{repository.absolute().parent}/examples"
    return GatewaySettings(**{"_env_file": None, "repository": repository, **without, **changes})


class RedServer:
    """A model server whose answer for a picture is the label at its first pixel's red, for sure."""

    concurrency = 1
    has_replica = True

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.go = asyncio.Event()
        self.go.set()
        self.cancelled = 0

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], _timeout_s: float, /) -> Probabilities:
        # A block of pictures has one dimension more.
        reds = np.concatenate([one.reshape(-1, *card.input.shape)[:, 0, 0, 0] for one in pictures])
        self.sizes.append(len(reds))
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return np.asarray(np.eye(len(card.output.labels), dtype=np.float32)[reds])


def opened(server: ModelServer) -> OpenModelServer:
    @contextlib.asynccontextmanager
    async def open_it(_settings: GatewaySettings, _metrics: Metrics) -> AsyncIterator[ModelServer]:
        yield server

    return open_it


@contextlib.asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway", timeout=30) as http,
    ):
        yield http


@contextlib.asynccontextmanager
async def gateway(
    repository: Path, server: ModelServer | None = None, **changes: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway in this event loop, with a stand-in for the model server."""
    app = create_app(settings(repository, **changes), open_model_server=opened(server or RedServer()))
    async with client(app) as http:
        yield http


@contextlib.contextmanager
def listening(app: FastAPI, given: GatewaySettings) -> Iterator[int]:
    """A real uvicorn in a thread; gives its port."""
    server = GatewayServer(server_config(app, given))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            eventually(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def eventually(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.02)


async def soon(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - conditions of all kinds, none of which tells of its change
            await asyncio.sleep(0.01)


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["trace_id"] == answer.headers["x-trace-id"]
    assert problem["type"] == f"urn:problem-type:trireme:{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem
