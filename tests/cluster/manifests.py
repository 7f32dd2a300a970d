"""Objects that tests put into a cluster; all of them pass Pod Security `restricted`."""

from tests.cluster.kit.kubectl import Object

PORT = 8080
POD_SECURITY: Object = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def container(image: str, name: str = "server") -> Object:
    """A container that serves HTTP on port 8080."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/v2/health/ready", "port": PORT}, "periodSeconds": 1},
        "securityContext": CONTAINER_SECURITY,
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
    }


def pod(name: str, image: str) -> Object:
    """A pod of one such container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "securityContext": POD_SECURITY,
            "containers": [container(image)],
            "terminationGracePeriodSeconds": 5,
        },
    }


def deployment(name: str, image: str, replicas: int) -> Object:
    """A Deployment of such pods."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod(name, image)["spec"]},
        },
    }


def service(name: str) -> Object:
    """A Service for a Deployment of the same name: port 80 to 8080."""
    spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def serving_runtime(name: str, image: str) -> Object:
    """A ServingRuntime for models of the format `stand-in`."""
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": {"name": name},
        "spec": {
            "supportedModelFormats": [{"name": "stand-in", "version": "1", "autoSelect": True}],
            "protocolVersions": ["v2"],
            "containers": [container(image, "kserve-container")],
        },
    }


def claim(name: str, namespace: str) -> list[Object]:
    """A claim, and the volume for it: a folder of the node, which in a hermetic cluster goes with the cluster."""
    size = {"storage": "1Gi"}
    shared = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    volume = f"{namespace}-{name}"
    folder = {"path": f"/run/trireme/volumes/{volume}", "type": "DirectoryOrCreate"}
    bound_to = {"name": name, "namespace": namespace}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume},
            "spec": {**shared, "capacity": size, "hostPath": folder, "claimRef": bound_to},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": bound_to,
            "spec": {**shared, "resources": {"requests": size}, "volumeName": volume},
        },
    ]


def inference_service(name: str, runtime: str, *, replicas: int = 1) -> Object:
    """An InferenceService of a model in the claim `models` that scales by nothing but its own number."""
    model = {"modelFormat": {"name": "stand-in"}, "runtime": runtime, "storageUri": "pvc://models/one"}
    predictor = {"minReplicas": replicas, "maxReplicas": 3, "securityContext": POD_SECURITY, "model": model}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name, "annotations": {"serving.kserve.io/autoscalerClass": "external"}},
        "spec": {"predictor": predictor},
    }
