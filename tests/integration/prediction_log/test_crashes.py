"""What is promised when a gateway's process is killed or stopped: real processes under load."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.prediction_log import shipping
from gateway.prediction_log.ids import time_of
from tests.integration.prediction_log.rig import log_settings, logging_gateway
from tests.unit.gateway.rig import PREDICT, eventually, png, soon

WINDOW_S = 2.0
"""Much longer than the setting: a machine with much else to do is no breach of the promise."""
CLIENTS = 4


@dataclass
class Gateway:
    """A process, and the ids of what it answered."""

    process: "subprocess.Popen[bytes]"
    url: str
    ids: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def span_s(self) -> float:
        """Between the first and the last answer."""
        times = [time_of(one) for one in list(self.ids)]
        return (max(times) - min(times)).total_seconds() if times else 0.0

    def load(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as http:
            while not self.over.is_set():
                try:
                    answer = http.post(PREDICT, content=png())
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.ids.append(answer.json()["id"])


@contextlib.contextmanager
def running(repository: Path, folder: Path, **changes: str) -> Iterator[Gateway]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "GATEWAY_PORT": str(port),
        "GATEWAY_AUTH": "off",
        "GATEWAY_REPOSITORY": str(repository),
        "GATEWAY_SERVED": "",
        "GATEWAY_DATABASE": f"sqlite:///{folder}/trireme.db",
        "GATEWAY_LOG_SPILL": str(folder / "spill"),
        **changes,
    }
    command = [sys.executable, "-m", "gateway.benchmark_decode"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env={**os.environ, **given}, stderr=log) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: _answers(url) or process.poll() is not None, 120)
            yield Gateway(process, url)
        finally:
            process.kill()


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/health/live").is_success
    return False


def ended_under_load(gateway: Gateway, ending: signal.Signals, span_s: float) -> None:
    """End the process in the middle of answers, once it has given many over so many seconds."""
    threads = [threading.Thread(target=gateway.load) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(gateway.ids) > 50 and gateway.span_s > span_s, 120)
    gateway.process.send_signal(ending)
    gateway.process.wait(120)
    gateway.over.set()
    for thread in threads:
        thread.join()


async def found_after_a_restart(repository: Path, folder: Path) -> list[str]:
    """What the log holds once gateways with the same folder have been there; two of them, which race."""
    given: Any = log_settings(repository, f"sqlite:///{folder}/trireme.db", folder / "spill")
    orphans = set((folder / "spill").iterdir())
    assert orphans
    async with logging_gateway(given), logging_gateway(given):
        await soon(lambda: not any(orphan.exists() for orphan in orphans))
    with contextlib.closing(sqlite3.connect(folder / "trireme.db")) as connection:
        return [str(UUID(one)) for (one,) in connection.execute("SELECT id FROM predictions")]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "PAUSE_S", 0.05)


@pytest.mark.parametrize("durability", ["window", "sync"])
async def test_a_killed_gateway_loses_no_answer_but_those_of_the_window(
    repository: Path, tmp_path: Path, durability: str
) -> None:
    with running(repository, tmp_path, GATEWAY_LOG_DURABILITY=durability, GATEWAY_LOG_WINDOW_MS="500") as gateway:
        ended_under_load(gateway, signal.SIGKILL, 2.5)
    killed = max(map(time_of, gateway.ids))
    lost_s = WINDOW_S if durability == "window" else 0.0
    safe = {one for one in gateway.ids if (killed - time_of(one)).total_seconds() >= lost_s}
    assert (safe == set(gateway.ids)) is (durability == "sync")
    found = await found_after_a_restart(repository, tmp_path)
    assert safe <= set(found)
    assert len(found) == len(set(found))


async def test_sigterm_loses_nothing_even_without_a_database(repository: Path, tmp_path: Path) -> None:
    changes = {"GATEWAY_DATABASE": "postgresql://nobody@127.0.0.1:9/none", "GATEWAY_LOG_DRAIN_S": "0"}
    with running(repository, tmp_path, **changes) as gateway:
        ended_under_load(gateway, signal.SIGTERM, 0.0)
    assert "Traceback" not in (tmp_path / "log").read_text()
    found = await found_after_a_restart(repository, tmp_path)
    assert set(gateway.ids) <= set(found)
