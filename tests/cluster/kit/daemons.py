"""The cluster's daemons and their command lines, as started inside the namespaces."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.cluster.kit.addresses import (
    API_PORT,
    ETCD,
    ETCD_PEERS,
    NODE,
    NODE_NAME,
    SERVICES,
    STATE,
)


@dataclass(frozen=True)
class Daemon:
    """A program, and its arguments as `--name=value`."""

    program: str
    flags: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        """The argument list."""
        return [self.program, *(f"--{name}={value}" for name, value in self.flags.items())]


def _pki(name: str) -> str:
    return str(STATE / "pki" / name)


def _identity(name: str) -> dict[str, str]:
    config = str(STATE / f"{name}.kubeconfig")
    return {"kubeconfig": config, "authentication-kubeconfig": config, "authorization-kubeconfig": config}


ETCD_SERVER = Daemon(
    "etcd",
    {
        "data-dir": str(STATE / "etcd"),
        "listen-client-urls": ETCD,
        "advertise-client-urls": ETCD,
        "listen-peer-urls": ETCD_PEERS,
        "log-level": "error",
        # Its data ends with the cluster: a flush would only cost time.
        "unsafe-no-fsync": "true",
    },
)
CONTAINERD = Daemon("containerd", {"config": str(STATE / "containerd.toml")})
API_SERVER = Daemon(
    "kube-apiserver",
    {
        "etcd-servers": ETCD,
        "secure-port": str(API_PORT),
        "advertise-address": NODE,
        "service-cluster-ip-range": SERVICES,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "profiling": "false",
        "client-ca-file": _pki("ca.crt"),
        "tls-cert-file": _pki("apiserver.crt"),
        "tls-private-key-file": _pki("apiserver.key"),
        "token-auth-file": _pki("tokens.csv"),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": _pki("service-accounts.pub"),
        "service-account-signing-key-file": _pki("service-accounts.key"),
        "kubelet-client-certificate": _pki("apiserver-kubelet.crt"),
        "kubelet-client-key": _pki("apiserver-kubelet.key"),
        "kubelet-certificate-authority": _pki("ca.crt"),
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": _pki("front-proxy-ca.crt"),
        "requestheader-allowed-names": "front-proxy",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": _pki("front-proxy.crt"),
        "proxy-client-key-file": _pki("front-proxy.key"),
        # Metrics adapters are reached by the addresses of their endpoints.
        "enable-aggregator-routing": "true",
    },
)
CONTROLLER_MANAGER = Daemon(
    "kube-controller-manager",
    {
        **_identity("kube-controller-manager"),
        "service-account-private-key-file": _pki("service-accounts.key"),
        "root-ca-file": _pki("ca.crt"),
        "cluster-signing-cert-file": _pki("ca.crt"),
        "cluster-signing-key-file": _pki("ca.key"),
        "use-service-account-credentials": "true",
        "allocate-node-cidrs": "false",
        "leader-elect": "false",
        # A machine that does other work may stand still for a minute: no node is given up for that.
        "node-monitor-grace-period": "300s",
        # A test of scaling waits seconds instead of minutes.
        "horizontal-pod-autoscaler-sync-period": "5s",
        "horizontal-pod-autoscaler-downscale-stabilization": "15s",
        "horizontal-pod-autoscaler-initial-readiness-delay": "5s",
        "horizontal-pod-autoscaler-cpu-initialization-period": "15s",
    },
)
SCHEDULER = Daemon("kube-scheduler", {**_identity("kube-scheduler"), "leader-elect": "false"})
KUBELET = Daemon(
    "kubelet",
    {
        "config": str(STATE / "kubelet.yaml"),
        "kubeconfig": str(STATE / "kubelet.kubeconfig"),
        "root-dir": str(STATE / "kubelet"),
        "hostname-override": NODE_NAME,
        "node-ip": NODE,
    },
)
PROXY = Daemon("kube-proxy", {"config": str(STATE / "kube-proxy.yaml")})

FIRST = (ETCD_SERVER, CONTAINERD, API_SERVER)
"""What needs nothing else."""
THEN = (CONTROLLER_MANAGER, SCHEDULER, KUBELET, PROXY)
"""What ends by itself where the API server isn't there yet."""
