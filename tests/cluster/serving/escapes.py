"""What a gateway that was taken over would try: changes of a Job and of an InferenceService that it may make."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from tests.cluster.kit.kubectl import Object

Change = Callable[[Object], None]
FROM_SECRET: Object = {
    "name": "STOLEN",
    "valueFrom": {"secretKeyRef": {"name": "accounts", "key": "signing-keys.json"}},
}
INLINE: Object = {"name": "more", "image": "example.test/miner:1", "command": ["sh", "-c", "id"]}
SECRET_VOLUME: Object = {"name": "stolen", "secret": {"secretName": "accounts"}}


def put(*path: str | int, value: Any) -> Change:
    """Set a field; a list's item is named by its number."""

    def change(found: Any) -> None:
        for part in path[:-1]:
            found = found.setdefault(part, {}) if isinstance(found, dict) else found[part]
        found[path[-1]] = copy.deepcopy(value)

    return change


def add(*path: str | int, value: Any) -> Change:
    """Append to a list, which may not be there yet."""

    def change(found: Any) -> None:
        for part in path[:-1]:
            found = found[part]
        found.setdefault(path[-1], []).append(copy.deepcopy(value))

    return change


def drop(*path: str | int) -> Change:
    """Take a field away."""

    def change(found: Any) -> None:
        for part in path[:-1]:
            found = found[part]
        del found[path[-1]]

    return change


POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
META = ("spec", "template", "metadata")
THE_POD, THE_LABELS = "has to be the trainer's, in every field", "has to have the trainer's labels"
THE_ANNOTATIONS, THE_LIMITS = "has to have the trainer's annotations", "has to have the trainer's limits"
THE_OWNER = "has to belong to the trainer's CronJob"

JOB_ESCAPES: Mapping[str, tuple[Change, str]] = {
    "image": (put(*CONTAINER, "image", value="example.test/miner:1"), THE_POD),
    "command": (put(*CONTAINER, "command", value=["sh", "-c", "id"]), THE_POD),
    "arguments": (put(*CONTAINER, "args", value=["--job", "other"]), THE_POD),
    "environment": (add(*CONTAINER, "env", value={"name": "PYTHONPATH", "value": "/models"}), THE_POD),
    "environment from a Secret": (add(*CONTAINER, "env", value=FROM_SECRET), THE_POD),
    "all of a Secret": (add(*CONTAINER, "envFrom", value={"secretRef": {"name": "accounts"}}), THE_POD),
    "an inline container": (add(*POD, "containers", value=INLINE), THE_POD),
    "an init container": (add(*POD, "initContainers", value=INLINE), THE_POD),
    "a volume of a Secret": (add(*POD, "volumes", value=SECRET_VOLUME), THE_POD),
    "the node's files": (add(*POD, "volumes", value={"name": "root", "hostPath": {"path": "/"}}), THE_POD),
    "the gateway's account": (put(*POD, "serviceAccountName", value="sail-gateway"), THE_POD),
    "a token": (put(*POD, "automountServiceAccountToken", value=True), THE_POD),
    "the node's network": (put(*POD, "hostNetwork", value=True), THE_POD),
    "a node": (put(*POD, "nodeName", value="control-plane"), THE_POD),
    "root": (put(*CONTAINER, "securityContext", value={"runAsUser": 0}), THE_POD),
    "no security context": (drop(*POD, "securityContext"), THE_POD),
    "more memory": (put(*CONTAINER, "resources", "limits", "memory", value="1Ti"), THE_POD),
    "a missing label": (drop(*META, "labels", "app.kubernetes.io/component"), THE_LABELS),
    "the gateway's label": (put(*META, "labels", "app.kubernetes.io/component", value="gateway"), THE_LABELS),
    "a label more": (put(*META, "labels", "app", value="database"), THE_LABELS),
    "an annotation more": (put(*META, "annotations", "sidecar.example.test/inject", value="true"), THE_ANNOTATIONS),
    "many pods": (put("spec", "parallelism", value=50), THE_LIMITS),
    "many runs": (put("spec", "completions", value=50), THE_LIMITS),
    "many tries": (put("spec", "backoffLimit", value=50), THE_LIMITS),
    "no deadline": (drop("spec", "activeDeadlineSeconds"), THE_LIMITS),
    "no end": (drop("spec", "ttlSecondsAfterFinished"), THE_LIMITS),
    "no owner": (drop("metadata", "ownerReferences"), THE_OWNER),
    "a finalizer": (put("metadata", "finalizers", value=["example.test/never"]), THE_OWNER),
}

PREDICTOR = ("spec", "predictor")
MODEL = (*PREDICTOR, "model")
THE_URI, THE_TEMPLATE = "has to be the folder of a version", "has to be what the chart's template says"
SLOT_LABELS, SLOT_ANNOTATIONS = "has to have the template's labels", "has to have the template's annotations"
SLOT_OWNER = "has to belong to the ConfigMap"


def _uri(value: str) -> tuple[Change, str]:
    return put(*MODEL, "storageUri", value=value), THE_URI


SLOT_ESCAPES: Mapping[str, tuple[Change, str]] = {
    "another claim": _uri("pvc://other/published/tiny-v1"),
    "another bucket": _uri("s3://models/published/tiny-v1/"),
    "an address": _uri("https://example.test/published/tiny-v1"),
    "another folder": _uri("pvc://models/other/tiny-v1"),
    "a way out": _uri("pvc://models/published/../tiny-v1"),
    "another model": _uri("pvc://models/published/other-v1"),
    "no version": _uri("pvc://models/published/"),
    "more than a version": _uri("pvc://models/published/tiny-v1/1"),
    "an image": (put(*MODEL, "image", value="example.test/miner:1"), THE_TEMPLATE),
    "a command": (put(*MODEL, "command", value=["sh", "-c", "id"]), THE_TEMPLATE),
    "arguments": (put(*MODEL, "args", value=["--model-control-mode=explicit"]), THE_TEMPLATE),
    "environment from a Secret": (put(*MODEL, "env", value=[FROM_SECRET]), THE_TEMPLATE),
    "another runtime": (put(*MODEL, "runtime", value="kserve-huggingfaceserver"), THE_TEMPLATE),
    "other credentials": (put(*MODEL, "storage", value={"key": "other"}), THE_TEMPLATE),
    "an inline container": (put(*PREDICTOR, "containers", value=[INLINE]), THE_TEMPLATE),
    "an init container": (put(*PREDICTOR, "initContainers", value=[INLINE]), THE_TEMPLATE),
    "a volume of a Secret": (put(*PREDICTOR, "volumes", value=[SECRET_VOLUME]), THE_TEMPLATE),
    "the gateway's account": (put(*PREDICTOR, "serviceAccountName", value="sail-gateway"), THE_TEMPLATE),
    "a token": (put(*PREDICTOR, "automountServiceAccountToken", value=True), THE_TEMPLATE),
    "the node's network": (put(*PREDICTOR, "hostNetwork", value=True), THE_TEMPLATE),
    "root": (put(*PREDICTOR, "securityContext", value={"runAsUser": 0}), THE_TEMPLATE),
    "many replicas": (put(*PREDICTOR, "minReplicas", value=50), THE_TEMPLATE),
    "a transformer": (put("spec", "transformer", value={"containers": [INLINE]}), THE_TEMPLATE),
    "a missing label": (drop("metadata", "labels", "app.kubernetes.io/instance"), SLOT_LABELS),
    "a label more": (put("metadata", "labels", "app", value="database"), SLOT_LABELS),
    "another autoscaler": (
        put("metadata", "annotations", "serving.kserve.io/autoscalerClass", value="hpa"),
        SLOT_ANNOTATIONS,
    ),
    "an annotation more": (
        put("metadata", "annotations", "sidecar.example.test/inject", value="true"),
        SLOT_ANNOTATIONS,
    ),
    "no owner": (drop("metadata", "ownerReferences"), SLOT_OWNER),
    "another owner": (put("metadata", "ownerReferences", 0, "name", value="sail-gateway"), SLOT_OWNER),
    "a finalizer": (put("metadata", "finalizers", value=["example.test/never"]), SLOT_OWNER),
}
