"""prometheus-adapter in the cluster, which answers the autoscaler out of Prometheus."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.cluster.addons import prometheus, workloads
from tests.cluster.kit.kubectl import Object

NAME = "prometheus-adapter"
PORT = 6443
CERTIFICATES = "/certificates"
RESOURCES = Path(__file__).with_name("resource-rules.yaml")
ROLE = "trireme-prometheus-adapter"
APIS = {"custom.metrics.k8s.io": "v1beta2", "external.metrics.k8s.io": "v1beta1", "metrics.k8s.io": "v1beta1"}


def objects(image_name: str, rules: str) -> Iterator[Object]:
    """What to apply: `rules` are the chart's own, as it ships them."""
    seen = {
        "apiGroups": [""],
        "resources": ["nodes", "namespaces", "pods", "services"],
        "verbs": ["get", "list", "watch"],
    }
    yield workloads.cluster_role(ROLE, [seen])
    yield from workloads.account(NAME, ROLE, "system:auth-delegator")
    yield reader(NAME)
    read = yaml.safe_load(rules) | {"resourceRules": yaml.safe_load(RESOURCES.read_text())}
    config = workloads.config_map(NAME, {"config.yaml": yaml.safe_dump(read)})
    yield config
    yield workloads.service(NAME, 443, PORT)
    yield workloads.workload(NAME, _pod(image_name), config)
    yield from (api(group, version, NAME) for group, version in APIS.items())


def api(group: str, version: str, service: str) -> Object:
    """Lets a Service answer for a group of the API."""
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}"},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": service, "namespace": workloads.NAMESPACE},
        },
    }


def reader(account: str) -> Object:
    """Lets an account see by which certificate the API server calls."""
    role = "extension-apiserver-authentication-reader"
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"trireme-{account}", "namespace": "kube-system"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": workloads.NAMESPACE}],
    }


def _pod(image_name: str) -> Object:
    arguments = [
        f"--secure-port={PORT}",
        f"--cert-dir={CERTIFICATES}",
        "--config=/etc/adapter/config.yaml",
        f"--prometheus-url={prometheus.ADDRESS}/",
        "--metrics-relist-interval=5s",
        "--metrics-max-age=1m",
    ]
    container = {
        "name": "adapter",
        "image": image_name,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments,
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": PORT, "scheme": "HTTPS"}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
        "volumeMounts": [
            {"name": "certificates", "mountPath": CERTIFICATES},
            {"name": "config", "mountPath": "/etc/adapter"},
        ],
    }
    volumes = [{"name": "certificates", "emptyDir": {}}, {"name": "config", "configMap": {"name": NAME}}]
    return {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 2}
