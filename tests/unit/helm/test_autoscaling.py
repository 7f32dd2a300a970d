"""What the chart promises about autoscaling."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.metrics import Metrics
from tests.cluster.serving.chart import CHART, HelmFailed
from tests.support.promql import DCGM
from tests.unit.helm.rendered import Object, find, render, workload
from trireme.autoscale.plan import plan
from trireme.autoscale.service import given
from trireme.autoscale.values import Provider, chart_values
from trireme.autoscale.wish import Wish

HPA: Object = {"autoscaling": {"provider": "hpa"}}
KEDA: Object = {"autoscaling": {"provider": "keda", "prometheus": "http://prometheus.monitoring:9090"}}
GPU = {"gpuBusyShare": 0.7, "gpuMemoryShare": 0.9}
DATABASE: Object = {"gateway": {"database": {"secret": "rows"}}}
TRITON = {
    "nv_inference_compute_infer_duration_us",
    "nv_inference_exec_count",
    "nv_inference_queue_duration_us",
    "nv_inference_request_success",
}
"""What Triton's documentation of its metrics names."""
RULES = CHART / "files" / "prometheus-adapter-rules.yaml"


def scaled(**autoscaling: Any) -> list[Object]:
    return render(autoscaling=autoscaling)


def metrics(objects: list[Object]) -> dict[str, Object]:
    """The model's signals by name, with their target."""
    found = {}
    for one in find(objects, "HorizontalPodAutoscaler")["spec"]["metrics"]:
        body = one[one["type"].lower()]
        found[body["metric"]["name"] if "metric" in body else body["name"]] = body["target"]
    return found


def environment(objects: list[Object]) -> dict[str, Any]:
    """What the gateway is told."""
    (container,) = workload(objects)["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one.get("value") for one in container["env"]}


def gateway_series() -> set[str]:
    """What the gateway exports; a histogram's series have its name and an ending."""
    types = re.findall(r"^# TYPE (\w+) (\w+)", Metrics().exposition().decode(), re.MULTILINE)
    return {f"{name}_sum" if kind == "histogram" else name for name, kind in types}


def test_nothing_scales_unless_it_is_told_to() -> None:
    kinds = {one["kind"] for one in render()}
    assert not kinds & {"HorizontalPodAutoscaler", "ScaledObject"}
    assert workload(render())["spec"]["replicas"] == 1


def test_the_autoscaler_holds_the_deployment_that_kserve_makes_of_the_pinned_version() -> None:
    objects = render(**HPA, model={"name": "pets", "version": 12})
    found = find(objects, "HorizontalPodAutoscaler")
    service = find(objects, "InferenceService")
    assert found["spec"]["scaleTargetRef"]["name"] == f"{service['metadata']['name']}-predictor"
    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "external"
    (external,) = [one["external"] for one in found["spec"]["metrics"] if one["type"] == "External"]
    assert external["metric"]["selector"]["matchLabels"] == {"model": "pets", "version": "12"}


def test_every_signal_has_its_target_and_the_cpu_is_always_there() -> None:
    targets = {"inFlight": 1.1, "itemRate": 62.5, "busyShare": 0.62, "queueRatio": 0.8, **GPU, "cpuPercent": 72}
    found = metrics(scaled(provider="hpa", model={"instances": 2, "targets": targets}))
    assert {name: one.get("averageValue", one.get("averageUtilization")) for name, one in found.items()} == {
        "trireme_items_in_flight": "1100m",
        "trireme_items_per_second": "62500m",
        "trireme_busy_instances": "1240m",
        "trireme_queue_ratio": "800m",
        "trireme_gpu_busy_share": "700m",
        "trireme_gpu_memory_share": "900m",
        "cpu": 72,
    }
    none = dict.fromkeys(("inFlight", "itemRate", "busyShare", "queueRatio"))
    assert list(metrics(scaled(provider="hpa", model={"targets": none}))) == ["cpu"]


def test_the_rules_that_come_along_make_exactly_the_metrics_that_are_asked_for() -> None:
    objects = render(
        **{
            **DATABASE,
            "autoscaling": {
                "provider": "hpa",
                "model": {"targets": {"itemRate": 60, **GPU}},
                "gateway": {"enabled": True, "requestsInFlight": 8},
            },
        }
    )
    asked = {
        body["metric"]["name"]
        for one in objects
        if one["kind"] == "HorizontalPodAutoscaler"
        for metric in one["spec"]["metrics"]
        for body in [metric[metric["type"].lower()]]
        if "metric" in body
    }
    rules = yaml.safe_load(find(objects, "ConfigMap", "adapter-rules")["data"]["config.yaml"])
    assert rules == yaml.safe_load(RULES.read_text())
    assert {rule["name"]["as"] for rule in (*rules["rules"], *rules["externalRules"])} == asked


@pytest.mark.parametrize("of", ["rules", "keda"])
def test_every_series_that_is_asked_for_is_exported(of: str) -> None:
    values = {**KEDA["autoscaling"], "model": {"targets": {"itemRate": 60, **GPU}}}
    text = RULES.read_text() if of == "rules" else json.dumps(find(scaled(**values), "ScaledObject"))
    asked = set(re.findall(r"\b(?:trireme_gateway|nv|DCGM)_\w+\b", text))
    assert asked <= gateway_series() | TRITON | DCGM
    assert len(asked) >= 10


def test_keda_asks_the_same_of_prometheus_and_lets_no_replica_go_while_that_is_away() -> None:
    objects = render(autoscaling={**KEDA["autoscaling"], "model": {"targets": {"itemRate": 60, **GPU}}})
    spec = find(objects, "ScaledObject")["spec"]
    assert spec["scaleTargetRef"]["name"] == "cifar10-a-predictor"
    assert (spec["fallback"]["behavior"], spec["fallback"]["replicas"]) == ("currentReplicasIfHigher", 1)
    *asked, cpu = spec["triggers"]
    assert [one["metadata"]["threshold"] for one in asked] == ["4", "60", "0.7", "1", "0.7", "0.9"]
    assert all(one["metadata"]["ignoreNullValues"] == "false" for one in asked)
    assert all('namespace="prod"' in one["metadata"]["query"] for one in asked)
    assert 'model="cifar10",version="1"' in asked[0]["metadata"]["query"]
    assert all('pod=~"cifar10-a-predictor-.+"' in one["metadata"]["query"] for one in asked[2:])
    assert cpu == {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "80"}}
    assert "HorizontalPodAutoscaler" not in {one["kind"] for one in objects}


def test_a_model_that_may_sleep_is_woken_by_who_asks_and_keeps_its_last_replica_without_prometheus() -> None:
    objects = render(autoscaling={**KEDA["autoscaling"], "model": {"minReplicas": 0, "sleepAfterSeconds": 90}})
    spec = find(objects, "ScaledObject")["spec"]
    assert (spec["minReplicaCount"], spec["cooldownPeriod"], spec["initialCooldownPeriod"]) == (0, 90, 90)
    # KEDA takes the last replica where its fallback is 0.
    assert spec["fallback"]["replicas"] == 1
    asked, *others, _ = spec["triggers"]
    assert "trireme_gateway_asked_total" in asked["metadata"]["query"]
    # Of who asks, silence is an error; a model server that isn't there says nothing, which is none.
    assert asked["metadata"]["ignoreNullValues"] == "false"
    assert {one["metadata"]["ignoreNullValues"] for one in others} == {"true"}
    assert environment(objects)["GATEWAY_WAKE"] == "on"
    assert "GATEWAY_WAKE" not in environment(render(**KEDA))


def test_with_keda_the_floor_may_be_left_out_where_there_is_no_metrics_server() -> None:
    objects = render(autoscaling={**KEDA["autoscaling"], "model": {"targets": {"cpuPercent": None}}})
    assert {one["type"] for one in find(objects, "ScaledObject")["spec"]["triggers"]} == {"prometheus"}


@pytest.mark.parametrize("provider", ["hpa", "keda"])
def test_what_trireme_autoscale_plan_writes_is_taken(provider: Provider, tmp_path: Path) -> None:
    made = plan("cifar10", given(0.003, 0.020, batch=32, instances=2), Wish(slo_s=0.1, rates=(100.0, 9000.0)))
    values = chart_values(made, provider)
    values["autoscaling"]["prometheus"] = "http://prometheus:9090"
    objects = render(**values)
    kind, least, most = {
        "hpa": ("HorizontalPodAutoscaler", "minReplicas", "maxReplicas"),
        "keda": ("ScaledObject", "minReplicaCount", "maxReplicaCount"),
    }[provider]
    spec = find(objects, kind)["spec"]
    assert (spec[least], spec[most]) == (made.min_replicas, made.max_replicas)
    assert made.targets.busy_share is None
    assert "busy" not in json.dumps(spec)


def test_tolerance_is_left_out_where_kubernetes_does_not_know_it() -> None:
    behavior = {"scaleUp": {"tolerance": 0.05}}
    old, new = (
        find(
            render("--kube-version", version, autoscaling={"provider": "hpa", "model": {"behavior": behavior}}),
            "HorizontalPodAutoscaler",
        )
        for version in ("1.32.0", "1.35.0")
    )
    assert "tolerance" not in old["spec"]["behavior"]["scaleUp"]
    assert new["spec"]["behavior"]["scaleUp"]["tolerance"] == 0.05
    assert new["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


@pytest.mark.parametrize("storage", ["", "10Gi"])
def test_a_scaled_gateway_has_no_number_of_its_own_which_a_sync_would_put_back(storage: str) -> None:
    values: Object = {"gateway": {"database": {"secret": "rows"}, "state": {"storage": storage}}}
    objects = render(**values, autoscaling={"gateway": {"enabled": True}})
    found = find(objects, "HorizontalPodAutoscaler", "gateway")["spec"]
    assert found["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": workload(objects)["kind"],
        "name": workload(objects)["metadata"]["name"],
    }
    assert "replicas" not in workload(objects)["spec"]
    assert [one["type"] for one in found["metrics"]] == ["Resource"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({**HPA, "rollout": {"enabled": True}, **DATABASE}, "scales a pinned version"),
        ({"autoscaling": {"provider": "keda"}}, "let autoscaling.prometheus name"),
        (
            {"autoscaling": {"provider": "hpa", "model": {"minReplicas": 4}}},
            "is more than autoscaling.model.maxReplicas",
        ),
        ({"autoscaling": {"gateway": {"enabled": True}}}, "Several gateways need one PostgreSQL"),
        (
            {"autoscaling": {"gateway": {"enabled": True, "minReplicas": 9}}, **DATABASE},
            "autoscaling.gateway.minReplicas",
        ),
        ({"autoscaling": {"provider": "hpa", "model": {"minReplicas": 0}}}, "needs autoscaling.provider=keda"),
        ({"autoscaling": {"provider": "hpa", "model": {"targets": {"cpuPercent": None}}}}, "only with KEDA"),
        ({"autoscaling": {"provider": "knative"}}, "schema"),
        ({"autoscaling": {"provider": "hpa", "model": {"targets": {"busyShare": 70}}}}, "schema"),
    ],
    ids=str,
)
def test_what_can_not_work_is_refused_before_anything_is_deployed(values: Object, sentence: str) -> None:
    with pytest.raises(HelmFailed, match=re.escape(sentence)):
        render(**values)
