"""KServe in Standard mode: its own manifests, with the few changes a cluster without cert-manager and ingress needs."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme
import yaml

from tests.cluster.kit.kubectl import Kubectl, Object, succeeds, wait_until

NAMESPACE = "kserve"
MANAGER = "kserve-controller-manager"
WEBHOOK_CERTIFICATE = "kserve-webhook-server-cert"
WEBHOOK_SERVICE = "kserve-webhook-server-service"
NAMESPACED = {"ConfigMap", "Deployment", "Role", "RoleBinding", "Secret", "Service", "ServiceAccount"}
# What Pod Security `restricted` asks of the init container that fetches a model.
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True)
class KServe:
    """A KServe release to install."""

    manifests: Path
    """The `config` folder of its source."""
    version: str
    """`v0.20.0`."""
    image: str
    """The manager's image, loaded already."""

    def install(self, kubectl: Kubectl, timeout_s: float) -> None:
        """Install and return when an InferenceService can be made; raises `KubectlFailed` or `ClusterTimeout`."""
        authority = trustme.CA()
        kubectl.apply(self._read("crd"))
        # The manager looks for its kinds once, when it starts.
        wait_until("The making of KServe's kinds", lambda: succeeds(lambda: established(kubectl)), timeout_s=timeout_s)
        kubectl.apply(self._core(authority))
        kubectl.rolled_out(f"deployment/{MANAGER}", namespace=NAMESPACE, timeout_s=timeout_s)
        kubectl.apply(self._webhooks(authority))
        wait_until("KServe's first answer", lambda: succeeds(lambda: admits(kubectl)), timeout_s=timeout_s)
        kubectl.apply([self._storage_container()])

    def _read(self, folder: str) -> Iterator[Object]:
        for path in sorted((self.manifests / folder).rglob("*.yaml")):
            for found in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
                if found and found["kind"] != "Kustomization" and not path.name.startswith("auth_proxy"):
                    yield placed(found)

    def _core(self, authority: trustme.CA) -> Iterator[Object]:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        yield webhook_secret(authority)
        yield from self._read("rbac")
        for found in (*self._read("configmap"), *self._read("manager")):
            if found["kind"] == "ConfigMap":
                configure(found, self.version)
            elif found["kind"] == "Deployment":
                fit_manager(found, self.image)
            yield found
        yield from (found for found in self._read("webhook") if found["kind"] == "Service")

    def _webhooks(self, authority: trustme.CA) -> Iterator[Object]:
        bundle = base64.b64encode(authority.cert_pem.bytes()).decode()
        for found in self._read("webhook"):
            for webhook in found.get("webhooks", ()):
                webhook["clientConfig"]["caBundle"] = bundle
                webhook["clientConfig"]["service"] |= {
                    "name": WEBHOOK_SERVICE,
                    "namespace": NAMESPACE,
                }
            if "webhooks" in found:
                yield found

    def _storage_container(self) -> Object:
        (found,) = self._read("storagecontainers")
        found["spec"]["container"] |= {"image": storage_initializer(self.version), "securityContext": RESTRICTED}
        return found


def placed(found: Object) -> Object:
    """Put an object, and the accounts it names, into KServe's namespace: kustomize does it in KServe's own build."""
    found["metadata"].pop("creationTimestamp", None)
    if found["kind"] in NAMESPACED:
        found["metadata"]["namespace"] = NAMESPACE
    for subject in found.get("subjects", ()):
        subject["namespace"] = NAMESPACE
    return found


def configure(found: Object, version: str) -> None:
    """Change four keys of KServe's ConfigMap: Standard mode, no ingress, headless Services, a pinned initializer."""
    data = found["data"]
    data.pop("_example", None)
    data["deploy"] = json.dumps({"defaultDeploymentMode": "Standard"})
    data["service"] = json.dumps({"serviceClusterIPNone": True})
    no_ingress = {"disableIngressCreation": True, "disableIstioVirtualHost": True}
    data["ingress"] = json.dumps(json.loads(data["ingress"]) | no_ingress)
    initializer = json.loads(data["storageInitializer"]) | {"image": storage_initializer(version)}
    data["storageInitializer"] = json.dumps(initializer)


def fit_manager(found: Object, image: str) -> None:
    """Use the image built here, and look for readiness from the first second on."""
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container |= {"image": image, "imagePullPolicy": "IfNotPresent", "command": ["/program"]}
    # Its limit of a tenth of a CPU makes it start for half a minute.
    container["resources"] = {"requests": {"cpu": "100m", "memory": "200Mi"}, "limits": {"memory": "1Gi"}}
    container["readinessProbe"] |= {"initialDelaySeconds": 0, "periodSeconds": 1}


def storage_initializer(version: str) -> str:
    """The image KServe fetches models with."""
    return f"kserve/storage-initializer:{version}"


def webhook_secret(authority: trustme.CA) -> Object:
    """The webhook's certificate, which cert-manager makes elsewhere."""
    leaf = authority.issue_cert(f"{WEBHOOK_SERVICE}.{NAMESPACE}.svc")
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": WEBHOOK_CERTIFICATE, "namespace": NAMESPACE},
        "stringData": {"tls.crt": chain, "tls.key": leaf.private_key_pem.bytes().decode()},
    }


def established(kubectl: Kubectl) -> None:
    """Raise `KubectlFailed` unless every CRD is served; kubectl fails at once on one that is only just made."""
    kubectl.run("wait", "--for=condition=Established", "crd", "--all", "--timeout=10s")


def admits(kubectl: Kubectl) -> None:
    """Ask for an InferenceService that is never made; raises `KubectlFailed` while KServe's webhook doesn't answer."""
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "probe"},
        "spec": {"predictor": {"containers": [{"name": "kserve-container", "image": "trireme.test/probe:1"}]}},
    }
    kubectl.apply([service], dry_run=True)
