"""`trireme experiment` scales what is on a cluster and puts it back; what the autoscaler did is explained."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.autoscaling.api import AutoscalerApi
from gateway.autoscaling.explaining import explain
from gateway.autoscaling.watching import AutoscalerWatch
from gateway.kubernetes.place import Place
from loadtest.errors import ClusterAway
from loadtest.experiment.plan import ClusterPart
from loadtest.experiment.targets.cluster import ClusterTarget
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import wait_until

NAME = "web-a-predictor"
HPA = "web-scaler"


def deployment(image: str) -> dict[str, Any]:
    security: dict[str, Any] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    labels = {"app": NAME}
    pod = {"containers": [{"name": "web", "image": image, "securityContext": security}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }


def autoscaler() -> dict[str, Any]:
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}
    spec = {
        "scaleTargetRef": target,
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [{"type": "Resource", "resource": cpu}],
    }
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": HPA}, "spec": spec}


def part(cluster: Cluster, namespace: str, **changes: Any) -> ClusterPart:
    return ClusterPart(
        kind="cluster", urls=("http://127.0.0.1:1",), workload=f"deployment/{NAME}", namespace=namespace,
        kubeconfig=cluster.kubeconfig, **changes,
    )  # fmt: skip


def quiet(_: str) -> None:
    """Nobody is told."""


def test_an_autoscaled_deployment_is_held_at_a_number_handed_over_and_put_back(
    cluster: Cluster, namespace: str, stand_in: str
) -> None:
    cluster.kubectl.apply([deployment(stand_in), autoscaler()], namespace=namespace)
    began = time.time() - 60
    with ClusterTarget(part(cluster, namespace, hpa=HPA)) as target:
        target.scale(2, quiet)
        sample = target.sample()
        assert (sample.wanted, sample.ready) == (2, 2)
        assert [(one.name, one.target) for one in sample.signals] == [("cpu", 60)]
        assert sample.hpa is not None
        assert sample.hpa["spec"]["maxReplicas"] == 2
        target.scale("hpa", quiet)
        assert bounds(cluster, namespace) == (1, 5)
        assert target.sample().ready == 1
        target.scale(2, quiet)
        reasons = {one.reason for one in target.happenings(began)}
    assert bounds(cluster, namespace) == (1, 5)
    assert "SuccessfulRescale" in reasons


def test_what_a_real_autoscaler_did_is_explained(cluster: Cluster, namespace: str, stand_in: str) -> None:
    cluster.kubectl.apply([deployment(stand_in), autoscaler()], namespace=namespace)
    watch = AutoscalerWatch(AutoscalerApi(Place(namespace, cluster.kubeconfig)), interval_s=5, kept_s=600)
    watch.look(time.time())
    with ClusterTarget(part(cluster, namespace, hpa=HPA)) as target:
        target.scale(2, quiet)
        # Nobody measures pods in this cluster, which its autoscaler says a moment later.
        wait_until("the autoscaler's complaint", lambda: is_blind(target.sample().hpa), timeout_s=60)
        watch.look(time.time())
    (seen,) = watch.readings("web")
    found = explain(seen, watch.events(HPA))
    assert [one.after for one in found.steps if "there were fewer than minReplicas" in one.sentence] == [2]
    assert found.now.sentence.startswith("2 replicas stay: cpu can't be had (FailedGetResourceMetric)")


def is_blind(hpa: Mapping[str, Any] | None) -> bool:
    conditions = {one["type"]: one for one in (hpa or {})["status"].get("conditions", ())}
    return bool(conditions.get("ScalingActive", {}).get("status") == "False")


def test_what_a_killed_experiment_left_is_put_back_by_the_next(cluster: Cluster, namespace: str, stand_in: str) -> None:
    cluster.kubectl.apply([deployment(stand_in)], namespace=namespace)
    killed = ClusterTarget(part(cluster, namespace)).__enter__()
    killed.scale(2, quiet)
    with ClusterTarget(part(cluster, namespace)) as target:
        assert target.sample().ready == 2
        target.scale(1, quiet)
    found = cluster.kubectl.get(f"deployment/{NAME}", namespace=namespace)
    assert found["spec"]["replicas"] == 1
    assert not found["metadata"].get("annotations", {}).get("trireme.dev/before-experiment")


def test_what_is_not_there_is_one_sentence(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(ClusterAway, match='"web-a-predictor" not found'):
        ClusterTarget(part(cluster, namespace)).__enter__()


def bounds(cluster: Cluster, namespace: str) -> tuple[int, int]:
    spec = cluster.kubectl.get(f"hpa/{HPA}", namespace=namespace)["spec"]
    return spec["minReplicas"], spec["maxReplicas"]
