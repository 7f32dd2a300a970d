"""The programs: `python -m gateway`, and the benchmark as a client of it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from loadtest.errors import ServerMissing
from loadtest.servers import decoding_only, is_ready
from modelserver.temporary import TemporaryServer
from tests.unit.gateway.rig import PREDICT, eventually, png


@pytest.fixture
def environment(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_REPOSITORY", str(repository))
    monkeypatch.setenv("GATEWAY_AUTH", "off")
    monkeypatch.setenv("GATEWAY_LOG", "off")
    monkeypatch.setenv("GATEWAY_SERVED", "")


class Program(NamedTuple):
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


@pytest.fixture
def program(environment: None, triton: TemporaryServer, tmp_path: Path) -> Iterator[Program]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"GATEWAY_PORT": str(port), "GATEWAY_TRITON_ADDRESSES": f'["{triton.grpc_address}"]'}
    command = [sys.executable, "-m", "gateway"]
    # Not a pipe: one that nobody reads fills up, and then the gateway waits in its log.
    log = tmp_path / "log"
    with (
        log.open("w") as file,
        subprocess.Popen(command, env={**os.environ, **given}, stdout=file, stderr=file) as process,
    ):
        try:
            eventually(lambda: is_ready(f"http://127.0.0.1:{port}") or process.poll() is not None, 120)
            yield Program(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_gateway_runs_alone_and_stops_cleanly(program: Program, ending: signal.Signals) -> None:
    assert httpx.post(program.url + PREDICT, content=png(), timeout=60).status_code == 200
    program.process.send_signal(ending)
    program.process.wait(120)
    log = program.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line.get("route") == "/v1/models/{model}/predict" and line["status"] == 200 for line in lines)
    assert lines[-1]["message"].startswith("Finished server process")
    assert "Traceback" not in log


def test_the_benchmark_measures_gateway_triton_and_decoding(program: Program, triton: TemporaryServer) -> None:
    options = ["--gateway-url", program.url, "--triton", triton.grpc_address, "--model", "tiny"]
    brief = ["--clients", "2", "--clients", "4", "--seconds", "0.5", "--rounds", "1"]
    found = subprocess.run(
        [sys.executable, "-m", "loadtest.bench", *options, *brief],
        env={**os.environ, "COLUMNS": "150"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert "cores" in found.stdout.splitlines()[0]
    rows = [line.strip("│ ").split("│") for line in found.stdout.splitlines() if line.startswith("│")]
    assert [row[0].strip() for row in rows[::2]] == [
        "gateway, 320×240 JPEG",
        "gateway without Triton",
        "Triton direct, tensor",
    ]
    for row in rows:
        assert float(row[2].split()[0].replace(",", "")) > 0
        assert row[-1].strip() == "0"


def test_the_benchmark_says_what_is_missing(environment: None, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtest.bench", "--gateway-url", "http://127.0.0.1:9"]
    given = {"TRIREME_REPOSITORY": str(tmp_path), "TRIREME_STATE_DIR": str(tmp_path / "state")}
    found = subprocess.run(
        command, env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=120
    )
    assert found.returncode == 1
    assert "trireme ended before it was ready." in found.stdout
    assert "Traceback" not in found.stderr


def test_a_gateway_without_a_model_server_answers_for_the_benchmark(environment: None) -> None:
    with decoding_only(timeout_s=60) as url:
        answer = httpx.post(url + PREDICT, content=png(), timeout=60).json()
        assert answer["probability"] == pytest.approx(0.1)
    assert not is_ready(url)


def test_a_server_that_does_not_become_ready_is_stopped_and_reported(environment: None) -> None:
    with pytest.raises(ServerMissing, match="was not ready"), decoding_only(timeout_s=0.01):
        pass
