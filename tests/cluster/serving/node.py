"""The node's own processes, those of pods included, as root of the node has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from tests.cluster.kit.kubectl import Kubectl
from tests.cluster.manifests import pod

KILL = (
    "import os, pathlib, signal, sys\n"
    "for found in pathlib.Path('/proc').glob('[0-9]*'):\n"
    "    try:\n"
    "        name = (found / 'comm').read_text().strip()\n"
    "        if name == sys.argv[1] and sys.argv[2] in (found / 'cgroup').read_text():\n"
    "            os.kill(int(found.name), signal.SIGKILL)\n"
    "            print(name)\n"
    "    except OSError:\n"
    "        pass\n"
)


class Node:
    """A way to kill what runs on the cluster's only node."""

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        self._kubectl = kubectl
        self._namespace = namespace

    def kill(self, program: str, pod_uid: str = "") -> None:
        """SIGKILL every process of this name, or those of one pod; fails where there is none."""
        command = ("exec", "-n", self._namespace, "killer", "--", "python3", "-c", KILL, program, pod_uid)
        assert self._kubectl.run(*command).split(), f"no {program} runs"

    def reaches_pods(self) -> bool:
        """Whether the kubelet answers."""
        return self._kubectl.run("exec", "-n", self._namespace, "killer", "--", "echo", "yes") == "yes\n"


@contextmanager
def node(kubectl: Kubectl, image: str) -> Iterator[Node]:
    """A pod of root that sees the node's processes, in a namespace of its own: `restricted` forbids it."""
    namespace = f"node-{uuid4().hex[:8]}"
    kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}])
    killer = pod("killer", image)
    killer["spec"] |= {"hostPID": True, "securityContext": {"runAsUser": 0}}
    killer["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    kubectl.apply([killer], namespace=namespace)
    kubectl.wait("condition=Ready", "pod/killer", namespace=namespace)
    yield Node(kubectl, namespace)
    kubectl.delete(f"namespace/{namespace}", wait=False)
