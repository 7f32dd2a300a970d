"""What the chart promises, seen in what it renders."""

import json
import re

import pytest
import yaml

from contract import __version__
from contract.errors import NameInvalid
from contract.names import check_model_name
from contract.served import Served, ServedModel
from tests.cluster.serving.chart import CHART, HelmFailed, helm
from tests.unit.helm.rendered import Object, containers, environment, find, pod_specs, render

CLAIM = {"store": {"uri": "pvc://models/published"}}
S3 = {"store": {"uri": "s3://models/published", "secret": "store"}}
STORES = pytest.mark.parametrize("values", [CLAIM, S3], ids=["claim", "s3"])


def test_the_chart_lints() -> None:
    helm("lint", "--strict", str(CHART))


def test_the_chart_deploys_this_version_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    images = [values["gateway"]["image"], values["modelServer"]["image"]]
    assert chart["appVersion"] == __version__
    assert images == [f"trireme/gateway:{__version__}", f"trireme/modelserver:{__version__}"]


@STORES
def test_every_container_satisfies_pod_security_restricted_and_can_write_nowhere_but_to_its_volumes(
    values: Object,
) -> None:
    objects = render(**values)
    for spec in pod_specs(objects):
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(objects):
        security = container["securityContext"]
        assert security["runAsNonRoot"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


@STORES
def test_no_pod_gets_a_token_for_the_kubernetes_api(values: Object) -> None:
    objects = render(**values)
    assert not find(objects, "Deployment")["spec"]["template"]["spec"]["automountServiceAccountToken"]
    assert not find(objects, "InferenceService")["spec"]["predictor"]["automountServiceAccountToken"]


def test_the_gateway_is_told_the_served_version() -> None:
    text = find(render(model={"name": "pets", "version": 12}), "ConfigMap")["data"]["served.json"]
    assert Served.model_validate_json(text) == Served(models={"pets": ServedModel(stable=12, versions=(12,))})


def test_another_served_version_makes_new_gateways() -> None:
    templates = [find(render(model={"version": n}), "Deployment")["spec"]["template"]["metadata"] for n in (1, 2)]
    assert templates[0]["annotations"] != templates[1]["annotations"]


def test_several_replicas_are_held_by_kserve_unless_something_else_scales() -> None:
    scaled = {"provider": "hpa"}
    for values, told in (({}, "none"), ({"autoscaling": scaled}, "external")):
        service = find(render(model={"replicas": 2}, **values), "InferenceService")
        assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == told
        assert service["spec"]["predictor"]["minReplicas"] == 2


def test_the_gateway_finds_replicas_by_a_headless_service_of_the_model_s_pods() -> None:
    objects = render()
    service = find(objects, "Service", "replicas")
    (address,) = json.loads(environment(objects)["GATEWAY_TRITON_ADDRESSES"])
    host, port = address.split(":")
    assert host == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert int(port) in [entry["port"] for entry in service["spec"]["ports"]]
    slot = find(objects, "InferenceService")["metadata"]["name"]
    assert service["spec"]["selector"]["serving.kserve.io/inferenceservice"] == slot


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("s3://models", "s3://models/cifar10-v1/"),
        ("s3://models/", "s3://models/cifar10-v1/"),
        ("s3://models/a/b", "s3://models/a/b/cifar10-v1/"),
        ("pvc://models", "pvc://models/cifar10-v1"),
        ("pvc://models/a/", "pvc://models/a/cifar10-v1"),
    ],
)
def test_the_storage_uri_is_the_version_s_folder_and_no_other_that_begins_like_it(uri: str, folder: str) -> None:
    model = find(render(store={"uri": uri}), "InferenceService")["spec"]["predictor"]["model"]
    assert model["storageUri"] == folder


def test_with_a_claim_the_gateway_reads_the_same_folder() -> None:
    objects = render(**CLAIM)
    pod = find(objects, "Deployment")["spec"]["template"]["spec"]
    (mount,) = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "models"]
    assert (mount["subPath"], mount["readOnly"]) == ("published", True)
    assert mount["mountPath"] == environment(objects)["GATEWAY_REPOSITORY"]
    assert {"claimName": "models", "readOnly": True} in [one.get("persistentVolumeClaim") for one in pod["volumes"]]
    assert "initContainers" not in pod


def test_a_changed_runtime_has_another_name_and_a_changed_version_has_not() -> None:
    cases: list[Object] = [{}, {"model": {"version": 2}}, {"modelServer": {"image": "triton:26.09"}}]
    as_it_is, other_version, other_image = (find(render(**one), "ServingRuntime")["metadata"]["name"] for one in cases)
    assert as_it_is == other_version != other_image


def test_the_inference_service_uses_the_runtime_and_scales_by_nothing_of_kserve_s() -> None:
    objects = render()
    service = find(objects, "InferenceService")
    assert service["spec"]["predictor"]["model"]["runtime"] == find(objects, "ServingRuntime")["metadata"]["name"]
    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "external"


def test_a_pod_has_time_to_leave_and_to_finish() -> None:
    objects = render(modelServer={"drainSeconds": 7, "stopSeconds": 11})
    predictor = find(objects, "InferenceService")["spec"]["predictor"]
    (container,) = find(objects, "ServingRuntime")["spec"]["containers"]
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] == 7
    assert "--exit-timeout-secs=11" in container["args"]
    assert predictor["terminationGracePeriodSeconds"] > 7 + 11


def test_only_the_gateway_reaches_triton_s_inference_port() -> None:
    objects = render()
    policy = find(objects, "NetworkPolicy", "cifar10")["spec"]
    gateway = find(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    (rule,) = [rule for rule in policy["ingress"] if {"port": 8001, "protocol": "TCP"} in rule["ports"]]
    ((peer,),) = [rule["from"]]
    assert peer["podSelector"]["matchLabels"].items() <= gateway.items()
    assert all(entry["port"] != 8000 for rule in policy["ingress"] for entry in rule["ports"])


@pytest.mark.parametrize(
    "values",
    [
        {"model": {"version": 0}},
        {"model": {"version": "1"}},
        {"model": {"replicas": 0}},
        {"model": {"args": ["rm"]}},
        {"modle": {}},
        {"store": {"uri": "https://models"}},
        {"store": {"uri": "pvc://models/../other"}},
        {"store": {"uri": "s3://"}},
        {"gateway": {"image": "trireme/gateway:latest"}},
        {"gateway": {"image": "trireme/gateway"}},
        {"gateway": {"settings": {"PYTHONPATH": "/x"}}},
        {"gateway": {"settings": {"GATEWAY_MAX_PARTS": 5}}},
        {"modelServer": {"sharedMemory": "much"}},
    ],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        render(**values)


@pytest.mark.parametrize("name", ["cifar10", "a", "cats-and-dogs", "Cats", "a--b", "a-", "1a", "a-v3", "a" * 41, "a_b"])
def test_a_model_s_name_is_one_by_the_contract_s_rule(name: str) -> None:
    try:
        check_model_name(name)
    except NameInvalid:
        with pytest.raises(HelmFailed, match=re.escape("model.name")):
            render(model={"name": name})
    else:
        render(model={"name": name})
