"""Starting is refused with one sentence, and nothing outlives the end, however it comes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.errors import StateInvalid
from modelserver import shm
from modelserver.client import Client
from modelserver.errors import PortTaken, ServerFailed, SharedMemoryTooSmall
from modelserver.supervisor import Supervisor
from tests.integration.modelserver.rig import PATIENCE_S, Rig, alive, eventually, family, guardian, segments, triton


@contextmanager
def serving_process(rig: Rig) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m modelserver` in a process of its own, serving one version."""
    name = rig.version(1)
    rig.serve(tiny=(1,))
    given = rig.settings.model_dump(include={"repository", "served", "http_port", "grpc_port", "metrics_port"})
    environment = os.environ | {f"MODELSERVER_{key.upper()}": str(value) for key, value in given.items()}
    with subprocess.Popen([sys.executable, "-X", "faulthandler", "-m", "modelserver"], env=environment) as process:
        try:
            with Client(f"127.0.0.1:{rig.settings.grpc_port}") as client:
                eventually(client.is_live)
            eventually(lambda: rig.loaded(name))
            yield process
        finally:
            # Should it hang, it tells where.
            process.send_signal(signal.SIGABRT)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_remains_when_the_process_gets(rig: Rig, number: signal.Signals) -> None:
    with serving_process(rig) as process:
        everyone, server = family(process.pid), triton(process.pid).pid
        assert len(everyone) == 4, "supervisor, guardian, Triton, stub"
        assert segments(server)
        process.send_signal(number)
        eventually(lambda: not alive(everyone), what="the end of all processes")
        assert not segments(server)
        assert process.wait() == (-number if number == signal.SIGKILL else 0)


def test_nothing_remains_when_the_process_and_its_guardian_are_killed(rig: Rig) -> None:
    with serving_process(rig) as process:
        everyone, server = family(process.pid), triton(process.pid).pid
        watcher = psutil.Process(guardian(process.pid))
        # The guardian first stopped, so that it can't see the end of its parent.
        watcher.suspend()
        process.kill()
        watcher.kill()
        eventually(lambda: not alive(everyone), what="the end of all processes")
        eventually(lambda: not segments(server), what="the sweep")


def test_stopping_twice_is_allowed_and_starting_twice_is_not(rig: Rig) -> None:
    supervisor = Supervisor(rig.settings)
    supervisor.start()
    with pytest.raises(ServerFailed):
        supervisor.start()
    supervisor.stop()
    supervisor.stop()


@pytest.mark.parametrize("port", ["http_port", "grpc_port", "metrics_port"])
def test_a_taken_port_is_named_with_its_setting(rig: Rig, port: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        settings = rig.with_ports(port_timeout_s=0, **{port: taken})
        with pytest.raises(PortTaken, match=rf"{taken} .*MODELSERVER_{port.upper()}"):
            Supervisor(settings).start()


def test_a_second_supervisor_with_the_same_settings_is_refused(rig: Rig) -> None:
    with Supervisor(rig.settings), pytest.raises(PortTaken):
        Supervisor(rig.settings.model_copy(update={"port_timeout_s": 0})).start()


def test_a_port_that_is_taken_after_we_looked_is_named_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", rig.settings.grpc_port)):
        monkeypatch.setattr("modelserver.launcher.check_free", lambda *_: None)
        with pytest.raises(PortTaken, match=str(rig.settings.grpc_port)):
            Supervisor(rig.settings).start()


def test_a_repository_that_is_a_file_is_refused(rig: Rig) -> None:
    rig.repository.write_text("")
    with pytest.raises(ServerFailed):
        Supervisor(rig.settings).start()


def test_an_invalid_list_is_refused_at_the_start(rig: Rig) -> None:
    rig.served.write_text("[]")
    with pytest.raises(StateInvalid):
        Supervisor(rig.settings).start()


def test_too_little_shared_memory_is_refused(rig: Rig) -> None:
    with pytest.raises(SharedMemoryTooSmall, match="--shm-size"):
        Supervisor(rig.with_ports(shm_mib=2**40)).start()


def test_the_start_sweeps_what_dead_servers_left_and_nothing_else(rig: Rig) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        dead = shm.FOLDER / f"{shm.prefix(other.pid)}left"
        other.kill()
    living = shm.FOLDER / f"{shm.prefix(os.getpid())}mine"
    foreign = shm.FOLDER / f"triton_python_backend_shm_region_{os.getpid()}"
    try:
        for path in (dead, living, foreign):
            path.touch()
        with Supervisor(rig.settings):
            assert [path.exists() for path in (dead, living, foreign)] == [False, True, True]
    finally:
        for path in (dead, living, foreign):
            path.unlink(missing_ok=True)


def test_the_server_listens_on_loopback_only(rig: Rig) -> None:
    with Supervisor(rig.settings):
        server = triton()
        # The supervisor waits for gRPC alone.
        eventually(lambda: len(listening(server)) >= 3, what="listening for HTTP, gRPC and metrics")
        assert {address.ip.removeprefix("::ffff:") for address in listening(server)} == {"127.0.0.1"}


def listening(process: psutil.Process) -> list[Any]:
    """Addresses (`ip`, `port`) at which a process listens."""
    return [each.laddr for each in process.net_connections() if each.status == psutil.CONN_LISTEN]


def test_the_log_names_the_security_floor(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "modelserver")
    with Supervisor(rig.settings):
        assert "older than the security floor" in caplog.text


def test_a_repository_path_with_spaces_and_quotes_serves(tmp_path: Path) -> None:
    odd = tmp_path / "my 'odd' $(touch x); models"
    odd.mkdir()
    rig = Rig(odd)
    name = rig.version(1)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        assert rig.answer(name).shape == (4, 10)
    assert not list(tmp_path.rglob("x"))
