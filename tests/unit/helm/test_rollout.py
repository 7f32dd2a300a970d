"""What the chart promises where the gateway rolls versions out, and what it promises where it doesn't."""

import json
import re
from typing import Any

import pytest
import yaml

from gateway.rollout.policy import RolloutPolicies
from gateway.rollout.slots.plan import Slot
from gateway.rollout.slots.template import Template, deployment_name, read_templates, slot_name
from gateway.settings import GatewaySettings
from tests.cluster.serving.chart import HelmFailed
from tests.unit.helm.rendered import Object, environment, find, gateway_container, gateway_pod, render, workload

ON: Object = {"rollout": {"enabled": True}, "gateway": {"database": {"secret": "rows"}}}
SLOTS = ["cifar10-a", "cifar10-b"]


def rolling(**values: Any) -> list[Object]:
    return render(**ON, **values)


def template(objects: list[Object]) -> Template:
    """The template as the gateway reads it."""
    found = find(objects, "ConfigMap", "slots")
    found["metadata"]["uid"] = "some"
    return read_templates(found)["cifar10"]


def kinds(objects: list[Object]) -> set[str]:
    return {one["kind"] for one in objects}


def test_without_rollouts_the_version_is_pinned_and_the_gateway_may_do_nothing_in_kubernetes() -> None:
    objects = render()
    assert environment(objects)["GATEWAY_ROLLOUT"] == "off"
    assert find(objects, "InferenceService")["metadata"]["name"] == "cifar10-a"
    assert not kinds(objects) & {"Role", "RoleBinding"}
    assert not [one for one in gateway_pod(objects)["volumes"] if "projected" in one]


def test_with_rollouts_the_gateway_makes_of_the_template_what_the_chart_would_have_pinned() -> None:
    objects = rolling()
    assert "InferenceService" not in kinds(objects)
    made = template(objects).filled(Slot.A, 1, is_running=True)
    pinned = find(render(), "InferenceService")
    assert made["spec"] == pinned["spec"]
    assert made["metadata"]["annotations"] == pinned["metadata"]["annotations"]
    assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "trireme-gateway"


@pytest.mark.parametrize(
    ("uri", "folder"),
    [("s3://models/a", "s3://models/a/cifar10-v7/"), ("pvc://models/a", "pvc://models/a/cifar10-v7")],
)
def test_a_slot_serves_one_version_s_folder(uri: str, folder: str) -> None:
    made = template(rolling(store={"uri": uri})).filled(Slot.B, 7, is_running=True)
    assert made["spec"]["predictor"]["model"]["storageUri"] == folder


def test_the_gateway_reaches_the_replicas_of_both_slots_and_nobody_else_does() -> None:
    objects = rolling()
    addresses = json.loads(environment(objects)["GATEWAY_TRITON_ADDRESSES"])
    assert addresses == [f"{slot}-replicas.prod.svc.cluster.local.:8001" for slot in SLOTS]
    for slot in SLOTS:
        chosen = {"serving.kserve.io/inferenceservice": slot, "component": "predictor"}
        assert find(objects, "Service", f"{slot}-replicas")["spec"]["selector"] == chosen
        policy = find(objects, "NetworkPolicy", slot)["spec"]
        assert policy["podSelector"]["matchLabels"] == chosen
        (rule,) = [rule for rule in policy["ingress"] if {"port": 8001, "protocol": "TCP"} in rule["ports"]]
        assert rule["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "gateway"


def test_the_gateway_may_own_its_two_inference_services_and_read_its_template_and_nothing_else() -> None:
    objects = rolling()
    config_maps, services, scales = find(objects, "Role")["rules"]
    name = environment(objects)["GATEWAY_ROLLOUT_SLOTS"]
    assert config_maps == {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [name], "verbs": ["get"]}
    assert services["resourceNames"] == SLOTS == [slot_name("cifar10", slot) for slot in Slot]
    assert services["resources"] == ["inferenceservices"]
    assert sorted(services["verbs"]) == ["create", "get", "patch"]
    assert (scales["resources"], sorted(scales["verbs"])) == (["deployments/scale"], ["get", "patch"])
    assert scales["resourceNames"] == [deployment_name("cifar10", slot) for slot in Slot]
    (subject,) = find(objects, "RoleBinding")["subjects"]
    assert subject["name"] == gateway_pod(objects)["serviceAccountName"]


def test_the_gateway_widens_a_slot_up_to_a_bound_and_not_where_kserve_holds_the_number() -> None:
    assert template(rolling(autoscaling={"model": {"maxReplicas": 7}})).max_replicas == 7
    held = rolling(model={"replicas": 2})
    assert template(held).max_replicas is None
    assert "deployments/scale" not in str(find(held, "Role"))


def test_only_the_gateway_s_own_container_gets_a_token() -> None:
    objects = rolling()
    pod = gateway_pod(objects)
    assert not pod["automountServiceAccountToken"]
    (mount,) = [one for one in gateway_container(objects)["volumeMounts"] if one["name"] == "kubernetes"]
    assert (mount["mountPath"], mount["readOnly"]) == ("/var/run/secrets/kubernetes.io/serviceaccount", True)
    assert not [one for container in pod["initContainers"] for one in container["volumeMounts"] if one == mount]


def test_the_gateway_accepts_what_the_chart_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(rolling()).items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings()
    assert (settings.rollout, settings.served, settings.rollout_warm_s) == ("on", None, 600)


def test_pinned_gateways_that_are_being_replaced_still_find_what_they_serve() -> None:
    pinned = find(render(), "ConfigMap", "gateway")["data"]["served.json"]
    assert find(rolling(), "ConfigMap", "gateway")["data"]["served.json"] == pinned


def test_policies_are_the_gateway_s_file_and_other_ones_make_new_gateways(tmp_path: Any) -> None:
    canary = {"cifar10": {"start": "canary", "weight": 5, "judge": {}}}
    plain, given = rolling(), render(**{**ON, "rollout": {"enabled": True, "policies": canary}})
    text = find(given, "ConfigMap", "gateway")["data"]["rollout-policies.yaml"]
    assert yaml.safe_load(text) == {"models": canary}
    file = tmp_path / "policies.yaml"
    file.write_text(text)
    assert RolloutPolicies.read(file).of("cifar10").weight == 5
    annotations = [workload(some)["spec"]["template"]["metadata"]["annotations"] for some in (plain, given)]
    assert annotations[0] != annotations[1]


def test_what_answers_is_not_to_be_forgotten_with_a_pod() -> None:
    with pytest.raises(HelmFailed, match=re.escape("rollout.enabled needs rows that outlive the pod")):
        render(rollout={"enabled": True})
    render(rollout={"enabled": True}, gateway={"state": {"storage": "1Gi"}})


@pytest.mark.parametrize(
    "values",
    [
        {"rollout": {"enabled": "yes"}},
        {"rollout": {"enabled": True, "warmSeconds": 0}},
        {"clusterDomain": "cluster.local."},
        {"rollout": {"enabled": True, "policies": {"cifar10": "canary"}}},
        {"gateway": {"settings": {"GATEWAY_ROLLOUT": "on"}}},
        {"gateway": {"settings": {"GATEWAY_ROLLOUT_SLOTS": "mine"}}},
    ],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        render(**values)
