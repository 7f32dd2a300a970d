"""`trireme serve`, as a user sees it."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.laptop import Laptop, running, shared_memory, started
from tests.support.versions import make_version
from trireme.client import Client

EXAMPLE = Path(__file__).parents[3] / "examples" / "ship.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_version(tmp_path / "model_repository", "tiny", 1)
    return tmp_path


@pytest.fixture
def laptop(folder: Path) -> Iterator[Laptop]:
    with running(folder) as laptop:
        yield laptop


def until(condition: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't happen in time"
        time.sleep(0.05)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_a_new_version_is_taken_over_without_a_restart_and_the_old_one_stays(laptop: Laptop) -> None:
    picture = EXAMPLE.read_bytes()
    with Client(laptop.url) as client:
        first = client.predict("tiny", picture)
        assert (first["model"], first["version"]) == ("tiny", 1)
        make_version(laptop.repository, "tiny", 2)
        until(lambda: client.predict("tiny", picture)["version"] == 2)
        assert client.predict("tiny", picture, version=1)["top_k"] == first["top_k"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    with running(folder) as laptop:
        family = laptop.family()
        assert len(family) >= 3, "the server and a stub are expected"
        assert shared_memory(family)
        shown, logged = laptop.stop(number)
    assert laptop.process.returncode == 0, logged
    assert "Traceback" not in logged
    assert laptop.url in shown
    assert gone(family)
    assert not shared_memory(family)


def test_a_signal_while_starting_ends_everything(folder: Path) -> None:
    with started(folder) as laptop:
        until(lambda: len(laptop.family()) >= 2)
        family = laptop.family()
        _, logged = laptop.stop()
    assert "Traceback" not in logged
    until(lambda: gone(family))
    assert not shared_memory(family)


def test_when_it_is_killed_its_children_die_and_the_next_start_works(folder: Path) -> None:
    with running(folder) as laptop:
        family = laptop.family()
        laptop.stop(signal.SIGKILL)
    until(lambda: gone(family))
    with running(folder):
        pass
    assert not shared_memory(family)


def test_a_taken_port_is_one_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started(folder, GATEWAY_PORT=port) as laptop:
            shown, logged = laptop.wait()
    assert logged.strip().startswith(f"error: Port {port} is taken")
    assert len(logged.strip().splitlines()) == 1
    assert "Trireme serves" not in shown


def test_a_second_one_in_the_same_folder_is_one_sentence_and_harms_nothing(laptop: Laptop) -> None:
    with started(laptop.folder) as second:
        _, logged = second.wait()
    assert second.process.returncode == 1
    assert logged.strip().startswith(f"error: Another `trireme serve` runs here (process {laptop.process.pid})")
    with Client(laptop.url) as client:
        assert client.predict("tiny", EXAMPLE.read_bytes())["version"] == 1


def test_an_empty_repository_is_one_sentence(tmp_path: Path) -> None:
    with started(tmp_path) as laptop:
        _, logged = laptop.wait()
    assert laptop.process.returncode == 1
    assert logged.strip() == "error: No model to serve; train a first one with: trireme train cifar10 --publish"


def test_a_first_model_that_can_not_be_trained_is_told_and_leaves_the_state_whole(tmp_path: Path) -> None:
    empty = tmp_path / "data"
    empty.mkdir()
    folders = {"TRAINING_DATA_DIR": str(empty), "TRAINING_CACHE_DIR": str(empty)}
    with started(tmp_path, "--first-model", "cifar10", **folders) as laptop:
        _, logged = laptop.wait(120)
    assert laptop.process.returncode == 1
    assert [line for line in logged.splitlines() if line.startswith("error:")][-1].startswith(
        "error: There is no cifar10 model to serve yet"
    )
    assert not (tmp_path / "model_repository").exists()
