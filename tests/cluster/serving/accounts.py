"""A release's accounts: the Secret that it begins with, and keys of people with roles."""

import tempfile
from pathlib import Path

import httpx

from gateway.identity import signing_keys
from tests.cluster.kit.kubectl import Object

SECRET = "accounts"
PASSWORD = "password-of-a-test"


def secret() -> Object:
    """New signing keys, and the first admin's password."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signing-keys.json"
        signing_keys.create(file)
        data = {file.name: file.read_text(), "admin-password": PASSWORD}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": data}


def new_key(address: str, role: str) -> str:
    """Let the first admin make an API key with a role."""
    with httpx.Client(base_url=f"http://{address}", timeout=30) as client:
        login = {"username": "admin", "password": PASSWORD}
        token = client.post("/v1/auth/token", json=login).raise_for_status().json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        made = client.post("/v1/keys", json={"role": role}, headers=headers)
        return str(made.raise_for_status().json()["key"])
