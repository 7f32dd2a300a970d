"""Whom the admission policies hold, and where; what they refuse is tried in tests/cluster/test_admission.py."""

import json
from typing import Any

import pytest
import yaml

from tests.cluster.serving.chart import CHART, HelmFailed, helm
from tests.unit.helm.rendered import SECRET, Object, find, gateway_pod, render

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
ON: Object = {
    "admission": {"enabled": True},
    "jobs": {"enabled": True},
    "rollout": {"enabled": True},
    "store": {"uri": "pvc://models/published"},
    "gateway": {"database": {"secret": "rows"}},
}


def held(**values: Any) -> list[Object]:
    return render(**{**ON, **values})


def of(objects: list[Object], kind: str) -> dict[str, Object]:
    return {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == kind}


def variables(policy: Object) -> dict[str, str]:
    return {one["name"]: one["expression"] for one in policy["variables"]}


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({}, ["jobs", "replicas", "slots"]),
        ({"model": {"replicas": 2}}, ["jobs", "slots"]),
        ({"jobs": {"enabled": False}}, ["replicas", "slots"]),
        ({"rollout": {"enabled": False}}, ["jobs"]),
        ({"admission": {"enabled": False}}, []),
    ],
    ids=["both", "held by KServe", "rollouts", "jobs", "none"],
)
def test_what_the_gateway_may_make_has_a_policy(values: Object, kept: list[str]) -> None:
    objects = held(**values)
    assert sorted(of(objects, POLICY)) == sorted(of(objects, BINDING)) == [f"trireme.prod.sail.{part}" for part in kept]


def test_policies_hold_the_gateway_s_account_in_its_namespace_and_nobody_else() -> None:
    objects = held()
    account = f"system:serviceaccount:prod:{gateway_pod(objects)['serviceAccountName']}"
    for policy in of(objects, POLICY).values():
        assert [one["expression"] for one in policy["matchConditions"]] == [f'request.userInfo.username == "{account}"']
        assert policy["failurePolicy"] == "Fail"
    for binding in of(objects, BINDING).values():
        assert binding["validationActions"] == ["Deny"]
        chosen = binding["matchResources"]["namespaceSelector"]["matchLabels"]
        assert chosen == {"kubernetes.io/metadata.name": "prod"}


def test_without_the_trainer_no_job_is_made() -> None:
    objects = held()
    params = of(objects, BINDING)["trireme.prod.sail.jobs"]["paramRef"]
    trainer = find(objects, "CronJob")["metadata"]["name"]
    assert params == {"name": trainer, "namespace": "prod", "parameterNotFoundAction": "Deny"}


def test_no_two_releases_have_policies_of_one_name() -> None:
    # Joined by a dash, these would.
    names = [names_of(namespace, release) for namespace, release in (("a", "b-c"), ("a-b", "c"), ("a", "b"))]
    assert len(set.union(*names)) == sum(map(len, names)) == 9


def names_of(namespace: str, release: str) -> set[str]:
    given = ("--namespace", namespace, "--set", f"gateway.auth.secret={SECRET}")
    objects = [one for one in yaml.safe_load_all(helm("template", release, str(CHART), *given, values=ON)) if one]
    return set(of(objects, POLICY))


def test_the_policy_of_slots_holds_the_template_as_the_gateway_reads_it() -> None:
    objects = held(model={"args": ["--log-verbose=1"]})
    said = variables(of(objects, POLICY)["trireme.prod.sail.slots"])
    template = json.loads(find(objects, "ConfigMap", "slots")["data"]["cifar10.json"])
    predictor = template["spec"]["predictor"]
    model = {name: value for name, value in predictor.pop("model").items() if name != "storageUri"}
    read = {name: plain(text) for name, text in said.items() if name.startswith("wanted")}
    assert read["wantedPredictor"] == predictor
    assert read["wantedModel"] == model
    assert read["wantedLabels"] == template["metadata"]["labels"]
    assert read["wantedAnnotations"] == template["metadata"]["annotations"]


def plain(expression: str) -> Any:
    """The value of an expression that is one but for `dyn`."""
    return json.loads(expression.replace("dyn(", "").replace(")", ""))


def test_nonsense_is_refused_before_anything_is_deployed() -> None:
    with pytest.raises(HelmFailed, match="schema"):
        render(admission={"enabled": "perhaps"})
