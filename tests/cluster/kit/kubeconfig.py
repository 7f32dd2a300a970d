"""Kubeconfig files. JSON is YAML, so no library is needed to write them."""

import base64
import json
from pathlib import Path


def write_kubeconfig(path: Path, server: str, authority: str, token: str) -> None:
    """Write a kubeconfig that only its owner can read.

    Args:
        path: The file.
        server: The API server's address, `https://127.0.0.1:6443`.
        authority: The certificate authority, PEM.
        token: The user's token.
    """
    authority_data = base64.b64encode(authority.encode()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "trireme",
        "contexts": [{"name": "trireme", "context": {"cluster": "trireme", "user": "trireme"}}],
        "clusters": [{"name": "trireme", "cluster": {"server": server, "certificate-authority-data": authority_data}}],
        "users": [{"name": "trireme", "user": {"token": token}}],
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
