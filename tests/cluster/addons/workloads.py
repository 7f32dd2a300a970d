"""What the add-ons' pods have in common."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from tests.cluster.kit.kubectl import Object

NAMESPACE = "monitoring"


def namespace() -> Object:
    """The namespace that the chart's network policies let in by default."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def config_map(name: str, files: Mapping[str, str]) -> Object:
    """Files."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(name), "data": dict(files)}


def account(name: str, *roles: str) -> list[Object]:
    """An account with cluster roles."""
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _named(name)},
        *(binding(name, role) for role in roles),
    ]


def cluster_role(name: str, rules: Sequence[Object]) -> Object:
    """A role in the whole cluster."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": list(rules),
    }


def binding(name: str, role: str) -> Object:
    """Gives an account a cluster role."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"trireme-{name}-{role.replace(':', '-')}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
    }


def workload(name: str, pod: Object, config: Object | None = None) -> Object:
    """A Deployment of one pod, which stops the old one first; with other files of `config` there is a new pod."""
    labels = {"app": name}
    digest = hashlib.sha256(json.dumps(config).encode()).hexdigest()
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _named(name),
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"config": digest}},
                "spec": pod | {"serviceAccountName": name},
            },
        },
    }


def service(name: str, port: int, target: int) -> Object:
    """A Service of such a Deployment."""
    spec = {"selector": {"app": name}, "ports": [{"port": port, "targetPort": target}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _named(name), "spec": spec}


def _named(name: str) -> Object:
    return {"name": name, "namespace": NAMESPACE}
