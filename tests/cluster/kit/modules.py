"""What is built: Go modules, pinned by the go.mod and go.sum committed under `go/`."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = Path(__file__).parent / "go"


@dataclass(frozen=True)
class GoModule:
    """One pinned module: its folder under `go/`, and the programs it gives."""

    name: str
    pin: str
    """The module path whose version names the result."""
    programs: Mapping[str, str]
    """Binary → package."""
    stamps: tuple[str, ...] = ()
    """Values for the linker's `-X`; `{version}` is the pin's version, without its v."""
    tags: tuple[str, ...] = ()
    manifests: tuple[str, ...] = field(default=())
    """Files to keep from the pinned module's source, as globs."""

    @property
    def folder(self) -> Path:
        """Where its go.mod lies."""
        return SOURCES / self.name

    @property
    def version(self) -> str:
        """The pinned version, `v1.2.3`, read from go.mod."""
        found = re.search(rf"\s{re.escape(self.pin)} (v\S+)", (self.folder / "go.mod").read_text())
        assert found, f"{self.pin} is not in go/{self.name}/go.mod"
        return found[1]

    def fingerprint(self, toolchain: str) -> str:
        """A hash of everything that decides the result: pins, sources, recipe and the Go toolchain's name."""
        digest = hashlib.sha256(f"{toolchain}\n{self!r}\n".encode())
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(self.folder)}\n".encode() + path.read_bytes())
        return digest.hexdigest()[:16]


_CONTAINERD, _KSERVE = "github.com/containerd/containerd/v2", "github.com/kserve/kserve"
_K8S_VERSION = "k8s.io/component-base/version"

KUBERNETES = GoModule(
    name="kubernetes",
    pin="k8s.io/kubernetes",
    programs={
        "coredns": "./coredns",
        "etcd": "go.etcd.io/etcd/server/v3",
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
        "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        "kubelet": "k8s.io/kubernetes/cmd/kubelet",
        "pause": "./pause",
    },
    stamps=(
        f"{_K8S_VERSION}.gitVersion=v{{version}}",
        f"{_K8S_VERSION}.gitTreeState=clean",
        f"{_K8S_VERSION}.buildDate=1970-01-01T00:00:00Z",
    ),
)
CONTAINERD = GoModule(
    name="containerd",
    pin=_CONTAINERD,
    programs={name: f"{_CONTAINERD}/cmd/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")},
    stamps=(f"{_CONTAINERD}/version.Version=v{{version}}",),
    tags=("no_btrfs", "no_zfs", "no_devmapper", "urfave_cli_no_docs"),
)
KSERVE = GoModule(
    name="kserve",
    pin=_KSERVE,
    programs={"kserve-manager": f"{_KSERVE}/cmd/manager"},
    manifests=(
        "config/configmap/inferenceservice.yaml",
        "config/crd/full/serving*.yaml",
        "config/crd/full/clusterstoragecontainer/serving*.yaml",
        "config/manager/*.yaml",
        "config/rbac/*.yaml",
        "config/storagecontainers/default.yaml",
        "config/webhook/*.yaml",
    ),
)
MODULES = (KUBERNETES, CONTAINERD, KSERVE)
"""What every cluster needs."""

PROMETHEUS_ADAPTER = GoModule(
    name="prometheus-adapter",
    pin="sigs.k8s.io/prometheus-adapter",
    programs={"prometheus-adapter": "sigs.k8s.io/prometheus-adapter/cmd/adapter"},
)
KWOK = GoModule(
    name="kwok",
    pin="sigs.k8s.io/kwok",
    programs={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
)
_KEDA = "github.com/kedacore/keda/v2"
KEDA = GoModule(
    name="keda",
    pin=_KEDA,
    programs={"keda-operator": f"{_KEDA}/cmd/operator", "keda-adapter": f"{_KEDA}/cmd/adapter"},
    stamps=(f"{_KEDA}/version.Version={{version}}",),
    manifests=("config/crd/bases/*.yaml", "config/rbac/*.yaml", "config/service_account/*.yaml"),
)
ADDONS = (PROMETHEUS_ADAPTER, KWOK, KEDA)
"""What a cluster has only where the suite is asked for it."""
