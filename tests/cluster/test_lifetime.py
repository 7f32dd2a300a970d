"""A hermetic cluster ends wholly, however it ends, and touches no other."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.kit.cgroups import group_name, hierarchies
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import ClusterRunning, PlatformUnfit, ToolsMissing
from tests.cluster.kit.hermetic import Hermetic, end
from tests.cluster.kit.kit import Kit
from tests.cluster.kit.kubectl import wait_until
from tests.cluster.kit.launch import REPOSITORY, launch, running, sweep
from tests.cluster.kit.machine import check_machine
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.kit.state import State

SUITE = """
import sys
from pathlib import Path
from tests.cluster.kit.hermetic import Hermetic
from tests.cluster.kit.settings import ClusterSettings
Hermetic(ClusterSettings(state_dir=Path(sys.argv[1])), print).start("neighbour", tethered=True)
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def kit(settings: ClusterSettings, say: Callable[[str], None]) -> Kit:
    try:
        check_machine()
    except (PlatformUnfit, ToolsMissing) as error:
        pytest.skip(str(error))
    return Hermetic(settings, say).build()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A cluster to be, away from all others."""
    made = State(tmp_path / "clusters", f"lifetime-{os.getpid()}")
    yield made
    end(made)


def is_up(state: State) -> bool:
    """Whether its containerd listens: by then etcd and the API server run too."""
    return state.init_pid.exists() and Path(f"/proc/{state.init_pid.read_text()}/root/run/containerd.sock").exists()


def processes(state: State) -> dict[str, int]:
    """Program → process, of those in the cluster's namespaces."""
    ours = Path(f"/proc/{state.init_pid.read_text()}/ns/pid").readlink()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "ns/pid").readlink() == ours:
                found[(process / "comm").read_text().strip()] = int(process.name)
        except OSError:
            continue  # It ended while we looked.
    return found


def pod_processes(state: State) -> list[str]:
    """Processes in the cluster's control group, which are those of its pods."""
    group = hierarchies()[0] / group_name(state.name)[1:]
    return [number for path in group.rglob("cgroup.procs") for number in path.read_text().split()]


def traces(state: State, init: int) -> list[Path]:
    """What is left of a cluster on the machine."""
    groups = [hierarchy / group_name(state.name)[1:] for hierarchy in hierarchies()]
    return [path for path in (Path(f"/proc/{init}"), state.root, state.lock, *groups) if path.exists()]


def start(state: State, kit: Kit) -> tuple[subprocess.Popen[bytes], int]:
    keeper = launch(state, kit.folders, tethered=False)
    wait_until("The daemons' start", lambda: is_up(state), timeout_s=60)
    return keeper, int(state.init_pid.read_text())


def test_asked_to_stop_it_leaves_nothing(state: State, kit: Kit) -> None:
    keeper, init = start(state, kit)
    end(state)
    keeper.wait(timeout=10)
    assert not traces(state, init)


def test_a_second_of_the_same_name_is_refused_and_the_first_stays(state: State, kit: Kit) -> None:
    keeper, _ = start(state, kit)
    with pytest.raises(ClusterRunning, match="already up"):
        launch(state, kit.folders, tethered=False)
    assert is_up(state)
    end(state, keeper)


def test_a_daemon_that_dies_ends_the_cluster_and_leaves_its_logs(state: State, kit: Kit) -> None:
    keeper, init = start(state, kit)
    os.kill(processes(state)["etcd"], signal.SIGKILL)
    keeper.wait(timeout=30)
    assert not traces(state, init)
    assert "etcd ended" in (state.failure_logs / "keeper.log").read_text()


def test_the_kernel_ends_it_when_its_keeper_is_killed_and_the_next_start_cleans_up(state: State, kit: Kit) -> None:
    keeper, init = start(state, kit)
    keeper.kill()
    keeper.wait(timeout=10)
    wait_until("The cluster's end", lambda: not Path(f"/proc/{init}").exists(), timeout_s=10)
    assert not running(state)
    sweep(state.clusters)
    assert not traces(state, init)


def test_a_killed_suite_takes_its_cluster_with_it_and_leaves_its_neighbour_alone(
    cluster: Cluster, kit: Kit, tmp_path: Path
) -> None:
    state = State(tmp_path / "clusters", "neighbour")
    command = [sys.executable, "-c", SUITE, str(tmp_path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as suite:
        assert suite.stdout is not None
        assert "up\n" in iter(suite.stdout.readline, "")
        init = int(state.init_pid.read_text())
        assert pod_processes(state)
        suite.kill()
    wait_until("The cluster's end", lambda: not traces(state, init), timeout_s=60)
    cluster.kubectl.run("get", "--raw=/readyz")
