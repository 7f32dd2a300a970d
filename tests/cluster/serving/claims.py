"""A claim, and what root does to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object
from tests.cluster.manifests import pod


@dataclass(frozen=True)
class Claim:
    """A claim that any pod of the node may mount, over a folder of the node."""

    cluster: Cluster
    namespace: str
    name: str

    @property
    def volume(self) -> str:
        """Its volume, which no namespace holds."""
        return f"{self.namespace}-{self.name}"

    def make(self) -> None:
        """Make the claim and its volume."""
        modes, size = {"accessModes": ["ReadWriteMany"]}, {"storage": "1Gi"}
        claimed = {"storageClassName": self.volume, "resources": {"requests": size}} | modes
        volume = {"storageClassName": self.volume, "capacity": size, "hostPath": self._folder()} | modes
        objects = [
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": self.volume}, "spec": volume},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": self.name}, "spec": claimed},
        ]
        self.cluster.kubectl.apply(objects, namespace=self.namespace)

    def remove(self) -> None:
        """Remove the volume; the claim goes with its namespace."""
        self.cluster.kubectl.delete(f"persistentvolume/{self.volume}", wait=False)

    def copy(self, version: Path, image: str) -> None:
        """Copy a version's folder into the claim, as root; `image` is one with tar."""
        with self._root(image) as helper:
            self.cluster.kubectl.run("cp", str(version), f"{helper}/writer:/claim/{version.name}")

    def give(self, user: int, image: str) -> None:
        """Make a user its owner: the kubelet gives `hostPath` to nobody."""
        with self._root(image) as helper:
            self.cluster.kubectl.run("exec", "-n", helper, "writer", "--", "chown", str(user), "/claim")

    @contextmanager
    def _root(self, image: str) -> Iterator[str]:
        """The namespace of a pod `writer`, of root."""
        kubectl, helper = self.cluster.kubectl, f"{self.namespace}-{uuid4().hex[:8]}"
        kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": helper}}])
        kubectl.apply([self._writer(image)], namespace=helper)
        kubectl.wait("condition=Ready", "pod/writer", namespace=helper)
        yield helper
        kubectl.delete(f"namespace/{helper}", wait=False)

    def _folder(self) -> Object:
        return {"path": f"/run/trireme-claims/{self.volume}", "type": "DirectoryOrCreate"}

    def _writer(self, image: str) -> Object:
        """A pod of root with the node's folder. Pod Security `restricted` refuses it: hence its own namespace."""
        found = pod("writer", image)
        found["spec"]["securityContext"] = {"runAsUser": 0}
        found["spec"]["volumes"] = [{"name": "claim", "hostPath": self._folder()}]
        (container,) = found["spec"]["containers"]
        container["securityContext"] = {}
        container["volumeMounts"] = [{"name": "claim", "mountPath": "/claim"}]
        return found
