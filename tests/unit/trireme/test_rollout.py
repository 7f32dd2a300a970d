"""What is served without a database, and the guards before serving."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract.names import ModelVersion
from contract.repository import ModelRepository
from contract.served import Served, ServedModel
from modelserver.errors import PortTaken
from tests.support.versions import make_version
from trireme.errors import AlreadyServing, StartFailed
from trireme.serve.guards import check_port, sole_server
from trireme.serve.rollout import Rollout, decide
from trireme.settings import TriremeSettings


@pytest.fixture
def settings(tmp_path: Path) -> TriremeSettings:
    return TriremeSettings(repository=tmp_path / "repository", state_dir=tmp_path / "state")


def test_the_newest_versions_are_served_and_the_newest_is_stable(settings: TriremeSettings) -> None:
    for version in (1, 2, 3, 11):
        make_version(settings.repository, "tiny", version)
    make_version(settings.repository, "other", 1)
    assert decide(ModelRepository(settings.repository), 2) == Served(
        models={
            "tiny": ServedModel(stable=11, versions=(3, 11)),
            "other": ServedModel(stable=1, versions=(1,)),
        }
    )


def test_a_new_version_is_followed(settings: TriremeSettings) -> None:
    make_version(settings.repository, "tiny", 1)
    with Rollout(settings, interval_s=0.01) as served:
        assert served.models["tiny"].stable == 1
        make_version(settings.repository, "tiny", 2)
        deadline = time.monotonic() + 10
        while Served.read(settings.served).models["tiny"].stable != 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_new_version_is_stable_when_it_is_ready_and_stays_so_while_it_heals(settings: TriremeSettings) -> None:
    ready = {ModelVersion("tiny", 1)}
    settings = settings.model_copy(update={"served_versions": 1})
    make_version(settings.repository, "tiny", 1)
    rollout = Rollout(settings)
    rollout.wait_for(ready.__contains__)
    assert rollout.step().models["tiny"] == ServedModel(stable=1, versions=(1,))
    make_version(settings.repository, "tiny", 2)
    assert rollout.step().models["tiny"] == ServedModel(stable=1, versions=(1, 2))
    ready.add(ModelVersion("tiny", 2))
    assert rollout.step().models["tiny"] == ServedModel(stable=2, versions=(2,))
    ready.clear()
    assert rollout.step().models["tiny"] == ServedModel(stable=2, versions=(2,))


def test_where_nothing_is_ready_the_newest_is_stable(settings: TriremeSettings) -> None:
    for version in (1, 2):
        make_version(settings.repository, "tiny", version)
    rollout = Rollout(settings)
    rollout.wait_for(lambda _: False)
    assert rollout.step().models["tiny"].stable == 2


def test_an_unchanged_decision_is_not_written_again(settings: TriremeSettings) -> None:
    make_version(settings.repository, "tiny", 1)
    rollout = Rollout(settings)
    rollout.step()
    before = settings.served.stat().st_ino
    rollout.step()
    assert settings.served.stat().st_ino == before


def test_a_broken_list_is_written_anew(settings: TriremeSettings) -> None:
    make_version(settings.repository, "tiny", 1)
    settings.state_dir.mkdir()
    settings.served.write_text("{")
    Rollout(settings).step()
    assert Served.read(settings.served).models["tiny"].stable == 1


def test_a_second_server_on_the_same_state_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    with sole_server(tmp_path), pytest.raises(AlreadyServing, match=str(os.getpid())), sole_server(tmp_path):
        pass
    with sole_server(tmp_path):
        pass


def test_a_state_folder_that_can_not_be_written_is_one_sentence(
    settings: TriremeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.state_dir.parent.joinpath("file").touch()
    with (
        pytest.raises(StartFailed, match="can't be written: Not a directory"),
        sole_server(settings.state_dir.parent / "file" / "state"),
    ):
        pass

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    make_version(settings.repository, "tiny", 1)
    monkeypatch.setattr(Served, "write", full)
    with pytest.raises(StartFailed, match="No space left"), Rollout(settings):
        pass


def test_a_killed_server_leaves_the_state_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from trireme.serve.guards import sole_server\n"
        "with sole_server(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyServing, match=str(holder.pid)), sole_server(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    with sole_server(tmp_path):
        assert (tmp_path / "serve.pid").read_text().strip() == str(os.getpid())


def test_a_taken_port_is_named_with_the_setting_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} is taken.*GATEWAY_PORT"):
            check_port("127.0.0.1", port, "GATEWAY_PORT")
    check_port("127.0.0.1", port, "GATEWAY_PORT")
