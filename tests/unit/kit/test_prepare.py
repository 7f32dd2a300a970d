"""A cluster's folder: its secrets are root's, and its files agree with each other."""

import base64
import json
import ssl
import stat
from pathlib import Path

import pytest
import yaml

from tests.cluster.kit import addresses, daemons
from tests.cluster.kit.daemons import FIRST, THEN
from tests.cluster.kit.prepare import CONFIG, prepare
from tests.cluster.kit.state import State


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    made = State(tmp_path_factory.mktemp("clusters"), "one")
    prepare(made, 12345)
    return made


def test_nobody_else_can_read_a_key_or_a_token(state: State) -> None:
    assert stat.S_IMODE(state.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((state.root / "pki").stat().st_mode) == 0o700
    assert stat.S_IMODE(state.kubeconfig.stat().st_mode) == 0o600


def test_the_administrators_kubeconfig_leads_to_the_port_outside(state: State) -> None:
    config = json.loads(state.kubeconfig.read_text())
    (entry,) = config["clusters"]
    assert entry["cluster"]["server"] == "https://127.0.0.1:12345"
    authority = base64.b64decode(entry["cluster"]["certificate-authority-data"]).decode()
    assert ssl.create_default_context(cadata=authority).get_ca_certs()


def test_every_kubeconfig_has_a_token_that_the_api_server_knows(state: State) -> None:
    known = {line.split(",")[0] for line in (state.root / "pki" / "tokens.csv").read_text().splitlines()}
    used = {json.loads(path.read_text())["users"][0]["user"]["token"] for path in state.root.glob("*.kubeconfig")}
    assert used == known


def test_every_file_that_a_daemon_is_given_exists(state: State) -> None:
    for daemon in (*FIRST, *THEN):
        for value in daemon.flags.values():
            if value.startswith(str(addresses.STATE)) and "root-dir" not in daemon.flags:
                assert (state.root / Path(value).relative_to(addresses.STATE)).exists(), value


def test_the_kubelet_keeps_to_the_clusters_own_control_group(state: State) -> None:
    assert yaml.safe_load((state.root / "kubelet.yaml").read_text())["cgroupRoot"] == "/trireme-one"


def test_configuration_and_code_name_the_same_addresses() -> None:
    kubelet = yaml.safe_load((CONFIG / "kubelet.yaml").read_text())
    assert kubelet["address"] == addresses.NODE
    assert kubelet["clusterDNS"] == [addresses.DNS_SERVICE]
    assert kubelet["containerRuntimeEndpoint"] == f"unix://{addresses.CONTAINERD}"
    assert f'"{addresses.CONTAINERD}"' in (CONFIG / "containerd.toml").read_text()
    proxy = yaml.safe_load((CONFIG / "kube-proxy.yaml").read_text())
    assert (proxy["clusterCIDR"], proxy["hostnameOverride"]) == (addresses.PODS, addresses.NODE_NAME)
    assert json.loads((CONFIG / "cni.conflist").read_text())["plugins"][0]["ipam"]["ranges"] == [
        [{"subnet": addresses.PODS}]
    ]
    assert f"clusterIP: {addresses.DNS_SERVICE}" in (CONFIG / "coredns.yaml").read_text()


def test_flags_become_arguments() -> None:
    assert daemons.CONTAINERD.command == ["containerd", "--config=/run/trireme/containerd.toml"]
