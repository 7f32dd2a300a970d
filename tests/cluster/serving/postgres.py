"""A real PostgreSQL in a pod."""

from tests.cluster.kit.kubectl import Object
from tests.cluster.manifests import CONTAINER_SECURITY, POD_SECURITY
from tests.cluster.serving.images import POSTGRES

SECRET = "rows"
PASSWORD = "password-of-a-test"
PORT = 5432


def server(namespace: str) -> list[Object]:
    """A PostgreSQL, its Service `postgres`, and the Secret with its URL for the chart."""
    url = f"postgresql://postgres:{PASSWORD}@postgres.{namespace}.svc:{PORT}/postgres"
    secret = {"metadata": {"name": SECRET}, "stringData": {"url": url, "password": PASSWORD}}
    service = {"selector": {"app": "postgres"}, "ports": [{"port": PORT}]}
    return [
        {"apiVersion": "v1", "kind": "Secret"} | secret,
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "postgres"}, "spec": service},
        _pod(),
    ]


def _pod() -> Object:
    container = {
        "name": "postgres",
        "image": POSTGRES.name,
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {"name": "POSTGRES_PASSWORD_FILE", "value": "/etc/postgres/password"},
            {"name": "PGDATA", "value": "/data/rows"},
        ],
        "readinessProbe": {"exec": {"command": ["pg_isready", "-h", "127.0.0.1"]}, "periodSeconds": 1},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "password", "mountPath": "/etc/postgres"},
        ],
    }
    spec = {
        "securityContext": POD_SECURITY | {"fsGroup": 1000},
        "containers": [container],
        "terminationGracePeriodSeconds": 5,
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "password", "secret": {"secretName": SECRET}},
        ],
    }
    metadata = {"name": "postgres", "labels": {"app": "postgres"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
