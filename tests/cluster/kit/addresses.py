"""Addresses and paths inside a cluster. Its namespaces are its own, so every cluster has the same ones.

The files under `config/` and `namespace.sh` name them too; a test keeps them in step.
"""

from pathlib import Path

STATE = Path("/run/trireme")
"""Where the state folder is seen inside."""
CONTAINERD = "/run/containerd.sock"
NODE_NAME = "node1"
NODE = "10.200.0.1"
PODS = "10.244.0.0/24"
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
API_PORT = 6443
ETCD = "http://127.0.0.1:2379"
ETCD_PEERS = "http://127.0.0.1:2380"
