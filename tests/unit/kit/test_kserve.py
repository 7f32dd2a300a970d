"""The few changes to KServe's own manifests."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from tests.cluster.kit.kserve import KServe, configure, fit_manager, placed, webhook_secret

VERSION = "v0.20.0"
WEBHOOK = {
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "one"},
    "webhooks": [{"clientConfig": {"service": {"name": "$(webhookServiceName)", "path": "/validate"}}}],
}


def config_map() -> dict[str, Any]:
    data = {
        "_example": "long",
        "ingress": '{"urlScheme": "http"}',
        "storageInitializer": '{"image": "x:latest", "a": 1}',
    }
    return {"kind": "ConfigMap", "metadata": {"name": "inferenceservice-config"}, "data": data}


def test_namespaced_objects_and_their_accounts_move_to_kserves_namespace() -> None:
    binding = {"kind": "RoleBinding", "metadata": {"name": "b", "namespace": "x"}, "subjects": [{"name": "account"}]}
    moved = placed(binding)
    assert moved["metadata"]["namespace"] == moved["subjects"][0]["namespace"] == "kserve"


def test_objects_of_the_whole_cluster_get_no_namespace() -> None:
    assert placed({"kind": "ClusterRole", "metadata": {"name": "r", "creationTimestamp": None}}) == {
        "kind": "ClusterRole",
        "metadata": {"name": "r"},
    }


def test_kserve_runs_in_standard_mode_with_headless_services_and_a_pinned_initializer() -> None:
    found = config_map()
    configure(found, VERSION)
    read = {key: json.loads(value) for key, value in found["data"].items()}
    assert read["deploy"] == {"defaultDeploymentMode": "Standard"}
    assert read["service"] == {"serviceClusterIPNone": True}
    assert read["ingress"] == {"urlScheme": "http", "disableIngressCreation": True, "disableIstioVirtualHost": True}
    assert read["storageInitializer"] == {"image": "kserve/storage-initializer:v0.20.0", "a": 1}


def test_the_manager_runs_from_the_image_built_here() -> None:
    container: dict[str, Any] = {
        "image": "ko://x",
        "imagePullPolicy": "Always",
        "readinessProbe": {"failureThreshold": 5},
    }
    fit_manager({"spec": {"template": {"spec": {"containers": [container]}}}}, "trireme.test/manager:1")
    assert container["image"] == "trireme.test/manager:1"
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["readinessProbe"] == {"failureThreshold": 5, "initialDelaySeconds": 0, "periodSeconds": 1}


def test_webhooks_trust_the_authority_that_signed_the_managers_certificate(tmp_path: Path) -> None:
    (tmp_path / "webhook").mkdir()
    (tmp_path / "webhook" / "manifests.yaml").write_text(yaml.safe_dump(WEBHOOK))
    authority = trustme.CA()
    (found,) = KServe(tmp_path, VERSION, "image")._webhooks(authority)
    client = found["webhooks"][0]["clientConfig"]
    assert base64.b64decode(client["caBundle"]) == authority.cert_pem.bytes()
    assert client["service"] == {
        "name": "kserve-webhook-server-service",
        "namespace": "kserve",
        "path": "/validate",
    }


@pytest.mark.parametrize("key", ["tls.crt", "tls.key"])
def test_the_managers_certificate_is_a_tls_secret(key: str) -> None:
    secret = webhook_secret(trustme.CA())
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["stringData"][key].startswith("-----BEGIN")
