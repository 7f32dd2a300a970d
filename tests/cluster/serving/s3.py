"""A real S3 server in a pod."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
from obstore.store import S3Store

from contract.repository import CARD
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object
from tests.cluster.manifests import CONTAINER_SECURITY, POD_SECURITY
from tests.cluster.serving.forwarding import forwarded
from tests.cluster.serving.images import S3

BUCKET = "models"
SECRET = "store"
WRITER_SECRET = "store-writer"
S3_PORT = 8333
READER, WRITER = ("reader", "reader-key-of-a-test"), ("writer", "writer-key-of-a-test")


def s3_server(namespace: str) -> list[Object]:
    """A SeaweedFS with a reader and a writer, its Service `s3`, and the Secrets of both for the chart."""
    people = [_person(WRITER, "Admin", "Read", "Write", "List"), _person(READER, f"Read:{BUCKET}", f"List:{BUCKET}")]
    service = {"selector": {"app": "s3"}, "ports": [{"port": S3_PORT}]}
    return [
        _secret("s3-people", {"people.json": json.dumps({"identities": people})}),
        _secret(SECRET, _access(namespace, READER)),
        _secret(WRITER_SECRET, _access(namespace, WRITER)),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s3"}, "spec": service},
        _s3_pod(),
    ]


def _s3_pod() -> Object:
    flags = {
        "dir": "/data",
        "ip": "127.0.0.1",
        "ip.bind": "0.0.0.0",  # noqa: S104 - inside its pod
        "s3.port": S3_PORT,
        "s3.config": "/etc/seaweedfs/people.json",
        "s3.autoCreateBucket": "true",
        # Off: interfaces for tables that nobody asked for.
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.volumeSizeLimitMB": 64,
        "volume.max": 20,
    }
    container = {
        "name": "s3",
        "image": S3.name,
        "imagePullPolicy": "IfNotPresent",
        "args": ["server", "-s3", *(f"-{name}={value}" for name, value in flags.items())],
        "readinessProbe": {"tcpSocket": {"port": S3_PORT}, "periodSeconds": 1},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
            {"name": "people", "mountPath": "/etc/seaweedfs"},
        ],
    }
    spec = {
        "securityContext": POD_SECURITY | {"fsGroup": 1000},
        "containers": [container],
        "terminationGracePeriodSeconds": 1,
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
            {"name": "people", "secret": {"secretName": "s3-people"}},
        ],
    }
    metadata = {"name": "s3", "labels": {"app": "s3"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def upload(cluster: Cluster, namespace: str, version: Path, *, pod: str = "s3", keys: tuple[str, str] = WRITER) -> None:
    """Copy a version's folder into the bucket: every file as it is, the card last; `keys` may write there."""
    files = sorted((path for path in version.rglob("*") if path.is_file()), key=lambda path: path.name == CARD)
    with writer(cluster, namespace, pod=pod, keys=keys) as store:
        for path in files:
            obstore.put(store, f"{version.name}/{path.relative_to(version).as_posix()}", path.read_bytes())


@contextmanager
def writer(cluster: Cluster, namespace: str, *, pod: str = "s3", keys: tuple[str, str] = WRITER) -> Iterator[S3Store]:
    """The bucket, from this machine, for one who may write."""
    with forwarded(cluster.kubectl, namespace, f"pod/{pod}", S3_PORT) as address:
        yield S3Store(
            BUCKET,
            endpoint=f"http://{address}",
            region="us-east-1",
            access_key_id=keys[0],
            secret_access_key=keys[1],
            client_options={"allow_http": True},
        )


def _access(namespace: str, keys: tuple[str, str]) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        "AWS_DEFAULT_REGION": "us-east-1",
        "S3_ENDPOINT": f"http://s3.{namespace}.svc:{S3_PORT}",
    }


def _person(keys: tuple[str, str], *actions: str) -> Object:
    credentials = [{"accessKey": keys[0], "secretKey": keys[1]}]
    return {"name": keys[0], "credentials": credentials, "actions": list(actions)}


def _secret(name: str, data: dict[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
