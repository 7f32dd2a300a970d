"""A database and a store of the release's own, for trying out."""

import json

import pytest

from tests.cluster.serving.chart import HelmFailed
from tests.unit.helm.rendered import Object, containers, find, render

TRIED = {
    "gateway": {"database": {"embedded": {"enabled": True}}, "replicas": 2},
    "store": {"embedded": {"enabled": True}},
    "rollout": {"enabled": True},
}


def secrets(found: list[Object]) -> dict[str, Object]:
    return {one["metadata"]["name"]: one["stringData"] for one in found if one["kind"] == "Secret"}


def test_neither_is_there_unless_asked_for() -> None:
    assert not [one for one in render() if one["kind"] in {"Secret", "StatefulSet"}]


def test_everything_that_needs_them_finds_them() -> None:
    found = render(**TRIED)
    database, store = secrets(found)["sail-database"], secrets(found)["sail-store"]
    assert database["url"] == f"postgresql://postgres:{database['password']}@sail-database.prod.svc:5432/postgres"
    assert store["S3_ENDPOINT"] == "http://sail-store.prod.svc:8333"
    gateway = find(found, "Deployment")["spec"]["template"]["spec"]
    url = next(one for one in gateway["containers"][0]["env"] if one["name"] == "GATEWAY_DATABASE")
    assert url["valueFrom"]["secretKeyRef"] == {"name": "sail-database", "key": "url"}
    assert find(found, "ServiceAccount", "models")["secrets"] == [{"name": "sail-store"}]
    assert {"name": "sail-store", "key": "AWS_ACCESS_KEY_ID"} in [
        one.get("valueFrom", {}).get("secretKeyRef") for one in gateway["initContainers"][0]["env"]
    ]


def test_who_serves_may_read_one_bucket_and_nothing_else() -> None:
    writer = secrets(render(**TRIED))["sail-store-writer"]
    people = {one["name"]: one for one in json.loads(writer["people.json"])["identities"]}
    assert people["reader"]["actions"] == ["Read:models", "List:models"]
    assert people["reader"]["credentials"] != people["writer"]["credentials"]


@pytest.mark.parametrize("kind", ["database", "store"])
def test_a_claim_goes_with_the_release(kind: str) -> None:
    embedded = {"enabled": True, "storage": "1Gi", "storageClass": "quick"}
    values = {"gateway": {"database": {"embedded": embedded}}, "store": {"embedded": embedded}}
    found = find(render(**values), "StatefulSet", kind)["spec"]
    assert found["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"
    assert found["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "quick"
    assert "data" not in {one["name"] for one in found["template"]["spec"]["volumes"]}


@pytest.mark.parametrize("kind", ["database", "store"])
def test_its_pod_obeys_the_namespace_and_outlives_a_new_chart(kind: str) -> None:
    template = find(render(**TRIED), "StatefulSet", kind)["spec"]["template"]
    assert "helm.sh/chart" not in template["metadata"]["labels"]
    assert template["spec"]["automountServiceAccountToken"] is False
    (container,) = template["spec"]["containers"]
    (gateways,) = [one for one in containers(render()) if one["name"] == "gateway"]
    assert container["securityContext"] == gateways["securityContext"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"gateway": {"database": {"secret": "rows", "embedded": {"enabled": True}}}}, "two databases"),
        ({"store": {"secret": "store", "embedded": {"enabled": True}}}, "two stores"),
        ({"store": {"uri": "pvc://models", "embedded": {"enabled": True}}}, "bucket's name"),
    ],
)
def test_what_makes_no_sense_is_refused(values: Object, said: str) -> None:
    with pytest.raises(HelmFailed, match=said):
        render(**values)
