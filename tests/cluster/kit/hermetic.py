"""A hermetic cluster, from nothing to ready."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.kit.addresses import CONTAINERD
from tests.cluster.kit.cluster import Cluster, nothing
from tests.cluster.kit.errors import ClusterAbsent, ClusterDied, KitError
from tests.cluster.kit.images.buildah import Buildah
from tests.cluster.kit.images.command import run_tool
from tests.cluster.kit.kit import Kit, make_kit
from tests.cluster.kit.kubectl import Kubectl, succeeds, wait_until
from tests.cluster.kit.launch import launch, running, stop
from tests.cluster.kit.machine import check_machine
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.kit.state import State

CONFIG = Path(__file__).parent / "config"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
Say = Callable[[str], None]


class Hermetic:
    """Hermetic clusters on this machine, by name."""

    def __init__(self, settings: ClusterSettings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._buildah = Buildah(settings.cache_dir / "images")

    def state(self, name: str) -> State:
        """Where the cluster of this name is kept; raises `KitError` where it's no name."""
        if not NAME.fullmatch(name):
            raise KitError(f"{name!r} can't name a cluster: use up to 32 small letters, digits and hyphens.")
        return State(self._settings.state_dir / "clusters", name)

    def build(self) -> Kit:
        """Everything clusters are made of; raises `PlatformUnfit`, `ToolsMissing`, `BuildFailed` or `ImageFailed`."""
        check_machine()
        return make_kit(self._settings, self._buildah, self._say)

    def start(self, name: str, *, tethered: bool) -> Cluster:
        """Start a cluster and return when it's ready; raises a `KitError`, and then nothing of it is left.

        Args:
            name: Its name; clusters of different names don't meet.
            tethered: It ends with this process at the latest.
        """
        kit, state = self.build(), self.state(name)
        began = time.monotonic()
        keeper = launch(state, kit.folders, tethered=tethered)
        try:
            cluster = self._handle(state, kit, lambda: end(state, keeper))
            self._make_ready(cluster, kit, state)
        except BaseException:
            end(state, keeper)
            self._say(f"The daemons' logs are in {state.failure_logs}.")
            raise
        self._say(f"The cluster {name!r} is ready after {time.monotonic() - began:.0f} s.")
        return cluster

    def attach(self, name: str) -> Cluster:
        """A cluster that is up already, and isn't this process's to end; raises `ClusterAbsent`."""
        state = self.state(name)
        if not running(state) or not state.ready.exists():
            raise ClusterAbsent(f"No cluster {name!r} is up: start one with `make cluster-up`.")
        return self._handle(state, self.build())

    def _handle(self, state: State, kit: Kit, stop: Callable[[], None] = nothing) -> Cluster:
        kubectl = Kubectl(kit.program("kubectl"), state.kubeconfig)
        ctr = kit.program("ctr")
        return Cluster(kubectl, self._buildah, lambda archive: load(state, ctr, archive), stop)

    def _make_ready(self, cluster: Cluster, kit: Kit, state: State) -> None:
        kubectl, patience_s = cluster.kubectl, self._settings.ready_timeout_s
        self._until(state, "The API server's start", lambda: kubectl.run("get", "--raw=/readyz"))
        for archive in kit.images:
            cluster.load(archive)
        self._until(state, "The making of accounts", lambda: kubectl.get("serviceaccount/default"))
        kubectl.run("apply", "--server-side", "-f", str(CONFIG / "coredns.yaml"))
        kit.kserve.install(kubectl, patience_s)
        kubectl.wait("condition=Ready", "node/node1", timeout_s=patience_s)
        kubectl.rolled_out("deployment/coredns", namespace="kube-system", timeout_s=patience_s)
        state.ready.touch()

    def _until(self, state: State, what: str, action: Callable[[], object]) -> None:
        def done() -> bool:
            if not running(state):
                raise ClusterDied(f"The cluster {state.name!r} ended while it started.")
            return succeeds(action)

        wait_until(what, done, timeout_s=self._settings.ready_timeout_s)


def load(state: State, ctr: Path, archive: Path) -> None:
    """Import an archive into the cluster's containerd; raises `ImageFailed`."""
    command = [*inside(state), str(ctr), f"--address={CONTAINERD}", "--namespace=k8s.io", "images", "import", "--local"]
    run_tool([*command, str(archive)], f"Loading {archive.name}")


def inside(state: State) -> list[str]:
    """The command that runs another one in the cluster's namespaces; raises `ClusterAbsent`."""
    try:
        pid = state.init_pid.read_text()
    except FileNotFoundError:
        raise ClusterAbsent(f"No cluster {state.name!r} is up.") from None
    return ["nsenter", f"--target={pid}", "--mount", "--net", "--pid", "--ipc", "--uts", f"--wd={Path.cwd()}"]


def end(state: State, keeper: subprocess.Popen[bytes] | None = None) -> None:
    """End a cluster; fine where it has ended already.

    With its keeper only that very cluster is ended, and not one that took its name later.
    """
    if keeper is not None:
        keeper.terminate()
        keeper.communicate()
    elif running(state):
        stop(state)
