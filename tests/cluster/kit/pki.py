"""A cluster's certificates and tokens, made new for each one."""

import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.cluster.kit import addresses

# User → group. Tokens are enough for clients: the cluster is reachable from this machine only and lives for minutes.
USERS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:kube-proxy": "",
    f"system:node:{addresses.NODE_NAME}": "system:nodes",
}
API_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
    "127.0.0.1",
    addresses.API_SERVICE,
    addresses.NODE,
)


@dataclass(frozen=True)
class Pki:
    """What others need to know of the files that were written."""

    authority: str
    """The cluster's certificate authority, PEM."""
    tokens: dict[str, str]
    """User → token."""


def make_pki(folder: Path) -> Pki:
    """Write keys, certificates and the token file into a new folder that only root can enter."""
    folder.mkdir(mode=0o700, parents=True)
    authority, front_proxy = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.crt")
    authority.private_key_pem.write_to_path(folder / "ca.key")
    front_proxy.cert_pem.write_to_path(folder / "front-proxy-ca.crt")
    _issue(folder, "apiserver", authority.issue_cert(*API_NAMES))
    _issue(folder, "kubelet", authority.issue_cert(addresses.NODE_NAME, addresses.NODE))
    _issue(
        folder,
        "apiserver-kubelet",
        authority.issue_cert("kubelet-api", common_name="kubelet-api", organization_name="system:masters"),
    )
    _issue(folder, "front-proxy", front_proxy.issue_cert("front-proxy", common_name="front-proxy"))
    _service_account_key(folder / "service-accounts")
    tokens = {user: secrets.token_hex(16) for user in USERS}
    (folder / "tokens.csv").write_text(token_file(tokens))
    return Pki(authority.cert_pem.bytes().decode(), tokens)


def token_file(tokens: dict[str, str]) -> str:
    """kube-apiserver's `--token-auth-file`: token, user, uid, groups."""
    return "".join(f'{token},{user},{user},"{USERS[user]}"\n' for user, token in tokens.items())


def _issue(folder: Path, name: str, pair: trustme.LeafCert) -> None:
    pair.private_key_pem.write_to_path(folder / f"{name}.key")
    for number, blob in enumerate(pair.cert_chain_pems):
        blob.write_to_path(folder / f"{name}.crt", append=number > 0)


def _service_account_key(stem: Path) -> None:
    key, public = stem.with_suffix(".key"), stem.with_suffix(".pub")
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
