"""The chart's profiles, and the manifests that are made of them."""

from pathlib import Path

import pytest
import yaml

from tests.cluster.serving.chart import CHART, HelmFailed, helm
from tests.unit.helm.rendered import Object, find, gateway_pod, render, workload

ROOT = Path(__file__).parents[3]
MANIFESTS = ROOT / "k8s"
PROFILES = sorted(path.stem.removeprefix("values-") for path in CHART.glob("values-*.yaml"))


def rendered(profile: str) -> str:
    values = str(CHART / f"values-{profile}.yaml")
    return helm("template", "trireme", str(CHART), "--namespace", "trireme", "--skip-tests", "--values", values)


def objects(profile: str) -> list[Object]:
    return [found for found in yaml.safe_load_all(rendered(profile)) if found]


def test_each_profile_has_its_manifests_and_no_other_has() -> None:
    assert PROFILES == ["cpu", "gpu", "mig", "production"]
    assert sorted(path.name for path in MANIFESTS.iterdir() if path.is_dir()) == PROFILES


@pytest.mark.parametrize("profile", PROFILES)
def test_manifests_are_what_the_chart_renders(profile: str) -> None:
    assert (MANIFESTS / profile / "trireme.yaml").read_text() == rendered(profile), "run `make manifests`"
    kustomization = yaml.safe_load((MANIFESTS / profile / "kustomization.yaml").read_text())
    assert kustomization["resources"] == ["../namespace.yaml", "trireme.yaml"]
    namespace = yaml.safe_load((MANIFESTS / "namespace.yaml").read_text())
    assert kustomization["namespace"] == namespace["metadata"]["name"] == "trireme"
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.parametrize(("profile", "resource"), [("gpu", "nvidia.com/gpu"), ("mig", "nvidia.com/mig-1g.10gb")])
def test_a_profile_with_a_gpu_asks_for_one_and_bears_its_nodes_taint(profile: str, resource: str) -> None:
    found = objects(profile)
    (container,) = find(found, "ServingRuntime")["spec"]["containers"]
    assert container["resources"]["limits"][resource] == "1"
    assert "exec" not in container["livenessProbe"]
    predictor = find(found, "InferenceService")["spec"]["predictor"]
    assert [one["key"] for one in predictor["tolerations"]] == ["nvidia.com/gpu"]
    assert predictor["model"]["args"] == ["--allow-gpu-metrics=true"]
    assert "tolerations" not in gateway_pod(found)


@pytest.mark.parametrize("profile", ["cpu", "production"])
def test_a_profile_without_a_gpu_asks_for_none(profile: str) -> None:
    assert "nvidia.com" not in rendered(profile)


def test_production_has_several_gateways_and_rollouts() -> None:
    found = objects("production")
    assert workload(found)["spec"]["replicas"] == 3
    assert find(found, "ConfigMap", "slots")
    assert find(found, "ValidatingAdmissionPolicy", "slots")
    assert not [one for one in found if one["kind"] == "InferenceService"]


@pytest.mark.parametrize(("rollout", "slots"), [(False, ["a"]), (True, ["a", "b"])])
def test_pods_leave_one_at_a_time_while_nodes_are_drained(rollout: bool, slots: list[str]) -> None:
    values: Object = {"rollout": {"enabled": rollout}, "gateway": {"database": {"secret": "rows"}}}
    budgets = [one for one in render(**values) if one["kind"] == "PodDisruptionBudget"]
    assert [one["metadata"]["name"] for one in budgets] == ["sail-gateway", *(f"cifar10-{slot}" for slot in slots)]
    assert all(one["spec"]["maxUnavailable"] == 1 for one in budgets)
    pods = [one["spec"]["selector"]["matchLabels"] for one in budgets]
    labels = workload(render(**values))["spec"]["template"]["metadata"]["labels"]
    assert pods[0].items() <= labels.items()
    assert [one["serving.kserve.io/inferenceservice"] for one in pods[1:]] == [f"cifar10-{slot}" for slot in slots]
    assert not [one for one in render(podDisruptionBudget={"enabled": False}) if one["kind"] == "PodDisruptionBudget"]


def test_pods_run_where_and_when_they_are_told_to() -> None:
    where: Object = {
        "nodeSelector": {"pool": "fast"},
        "tolerations": [{"key": "fast", "operator": "Exists"}],
        "priorityClassName": "high",
    }
    found = render(model=where, gateway=where)
    assert where.items() <= gateway_pod(found).items()
    assert where.items() <= find(found, "InferenceService")["spec"]["predictor"].items()
    (spread,) = gateway_pod(found)["topologySpreadConstraints"]
    labels = workload(found)["spec"]["template"]["metadata"]["labels"]
    assert spread["labelSelector"]["matchLabels"].items() <= labels.items()


def test_a_probe_with_two_handlers_is_told() -> None:
    probe: Object = {"httpGet": {"path": "/v2/health/live", "port": "http"}}
    with pytest.raises(HelmFailed, match="exec: null"):
        render(modelServer={"livenessProbe": probe})
    assert find(render(modelServer={"livenessProbe": {**probe, "exec": None}}), "ServingRuntime")
