"""A retrain by a Kubernetes Job: the trainer's values for the chart, its base data, and what its asker sees of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from contract.jobs.documents import FINAL
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object, wait_until
from tests.cluster.serving.images import TRAINING
from tests.integration.jobs.sse import read_events
from tests.support.cifar10 import sample
from training.data.export import export_folders

USER = 1000
"""As whom the images run, and who so has to own a claim of the kind that the kubelet gives to nobody."""
PICTURES, CLAIM = "pictures", "models"
"""Folder of a claim, which the trainer has at `DATA`, and the claim."""
DATA = "/data"
EACH = 4
"""Pictures of a label in a split: what is shown is that a pod trains, not how well."""
RETRAIN_S = 900
"""For what takes a minute on a machine that does nothing else."""


def values(model: str) -> dict[str, Any]:
    """`jobs` of the chart."""
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": CLAIM, "readOnly": True}}
    return {
        "enabled": True,
        "image": TRAINING.name,
        # The version before it was never trained, and a better one is not the point.
        "policies": {model: {"base": f"{DATA}/{PICTURES}", "max_loss_points": 100}},
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "4Gi"}},
        "volumes": [claim],
        "volumeMounts": [{"name": "data", "mountPath": DATA, "readOnly": True}],
    }


def write_pictures(folder: Path) -> Path:
    """Write some of CIFAR-10's pictures into a new folder below `folder`; gives it."""
    export_folders(sample(), folder / PICTURES, limit=EACH)
    return folder / PICTURES


def job(client: httpx.Client, path: str, **question: Any) -> dict[str, Any]:
    """Ask for a job, and wait for its end; gives what the gateway says of it then."""
    asked = client.post(path, json=question).raise_for_status().json()

    def shown() -> dict[str, Any]:
        # Of a drift report there is a page, too.
        told = client.get(f"{path}/{asked['id']}", headers={"Accept": "application/json"})
        found: dict[str, Any] = told.raise_for_status().json()
        return found

    wait_until("The end of the job", lambda: shown()["state"] in FINAL, timeout_s=RETRAIN_S, every_s=1)
    return shown()


def told(client: httpx.Client, made: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The events of a job that has ended: kind and data of each."""
    answer = client.get(f"/v1/models/{made['model']}/retrain/{made['id']}/events").raise_for_status()
    return [(kind, data) for kind, _, data in read_events(answer.text)]


def pods(cluster: Cluster, namespace: str, one: Mapping[str, Any]) -> tuple[Object, Object]:
    """The pod of a job's last attempt as its Job has it, and the trainer's."""
    made = cluster.kubectl.get(f"job/retrain-{one['id']}-{one['attempts']}", namespace=namespace)
    (trainer,) = cluster.kubectl.get("cronjobs", namespace=namespace)["items"]
    return made["spec"]["template"]["spec"], trainer["spec"]["jobTemplate"]["spec"]["template"]["spec"]
