"""The account of the gateway's pod: its token, and the cluster's own authority, over TLS."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes.config import incluster_config

from gateway.jobs.errors import LaunchFailed
from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.launcher import KubernetesLauncher
from gateway.jobs.launcher import Claimed
from gateway.kubernetes.place import Place
from tests.support.kubernetes_api import CRON_JOB, NAMESPACE, Cluster, serve_kubernetes
from tests.unit.jobs.kubernetes import trainer


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate that it has signed itself, for 127.0.0.1."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "tls.pem"
    file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return file


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the pod's account."""
    (tmp_path / "token").write_text("of-the-pod")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(certificate(tmp_path)))
    return tmp_path


@pytest.fixture
def secured(account: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(account / "tls.pem")
    with serve_kubernetes(Cluster(cron_jobs={CRON_JOB: trainer.CRON_JOB}), tls=tls) as cluster:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", cluster.url.rpartition(":")[2])
        yield cluster


def launcher() -> KubernetesLauncher:
    return KubernetesLauncher(JobApi(Place(NAMESPACE, None), 5), CRON_JOB, pull_s=300)


async def test_in_a_pod_its_token_and_the_cluster_s_authority_are_used(secured: Cluster, job: Claimed) -> None:
    made = launcher()
    await made.launch(job)
    await made.close()

    assert set(secured.tokens) == {"bearer of-the-pod"}
    assert len(secured.jobs) == 1


async def test_a_server_that_the_authority_does_not_know_learns_no_token(
    secured: Cluster, account: Path, job: Claimed
) -> None:
    certificate(account)
    made = launcher()

    with pytest.raises(LaunchFailed, match="can't be reached"):
        await made.launch(job)

    await made.close()
    assert not secured.tokens


async def test_an_account_that_is_not_there_is_no_reason_to_break(
    secured: Cluster, account: Path, job: Claimed
) -> None:
    (account / "token").unlink()

    with pytest.raises(LaunchFailed, match="can't be reached"):
        await launcher().launch(job)
