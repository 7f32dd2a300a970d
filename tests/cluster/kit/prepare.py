"""Filling a new cluster's folder: certificates, identities, configuration."""

import shutil
from pathlib import Path

import yaml

from tests.cluster.kit import addresses
from tests.cluster.kit.cgroups import group_name
from tests.cluster.kit.kubeconfig import write_kubeconfig
from tests.cluster.kit.pki import make_pki
from tests.cluster.kit.state import State

CONFIG = Path(__file__).parent / "config"
# Daemon → the user it is.
IDENTITIES = {
    "kube-controller-manager": "system:kube-controller-manager",
    "kube-scheduler": "system:kube-scheduler",
    "kube-proxy": "system:kube-proxy",
    "kubelet": f"system:node:{addresses.NODE_NAME}",
}


def prepare(state: State, port: int) -> None:
    """Make the folder of a cluster whose API server answers on 127.0.0.1:`port` outside."""
    state.root.mkdir(mode=0o700, parents=True)
    for name in ("log", "etcd", "cni", "volumes"):
        (state.root / name).mkdir(mode=0o700)
    pki = make_pki(state.root / "pki")
    inside, outside = f"https://127.0.0.1:{addresses.API_PORT}", f"https://127.0.0.1:{port}"
    for daemon, user in IDENTITIES.items():
        write_kubeconfig(state.root / f"{daemon}.kubeconfig", inside, pki.authority, pki.tokens[user])
    write_kubeconfig(state.kubeconfig, outside, pki.authority, pki.tokens["admin"])
    write_kubeconfig(state.inside_kubeconfig, inside, pki.authority, pki.tokens["admin"])
    _configure(state)


def _configure(state: State) -> None:
    shutil.copy(CONFIG / "containerd.toml", state.root)
    shutil.copy(CONFIG / "kube-proxy.yaml", state.root)
    shutil.copy(CONFIG / "cni.conflist", state.root / "cni" / "10-pods.conflist")
    # Pods that ask for the node's own resolver get one that refuses at once.
    (state.root / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    kubelet = yaml.safe_load((CONFIG / "kubelet.yaml").read_text())
    kubelet["cgroupRoot"] = group_name(state.name)
    (state.root / "kubelet.yaml").write_text(yaml.safe_dump(kubelet))
