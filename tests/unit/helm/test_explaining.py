"""The gateway may look at autoscalers where there are any, and only then."""

from tests.unit.helm.rendered import environment, find, gateway_pod, render


def test_with_an_autoscaler_the_gateway_reads_it_and_its_events_and_may_do_nothing_else() -> None:
    objects = render(autoscaling={"provider": "hpa"})
    role = find(objects, "Role")
    assert [(rule["resources"], rule["verbs"]) for rule in role["rules"]] == [
        (["horizontalpodautoscalers"], ["list"]),
        (["events"], ["list"]),
    ]
    assert find(objects, "RoleBinding")["roleRef"]["name"] == role["metadata"]["name"]
    assert "kubernetes" in {one["name"] for one in gateway_pod(objects)["volumes"]}
    assert environment(objects)["GATEWAY_AUTOSCALING"] == "kubernetes"


def test_without_one_it_has_neither_a_role_nor_an_account_s_token() -> None:
    objects = render()
    assert not [one for one in objects if one["kind"] == "Role"]
    assert "kubernetes" not in {one["name"] for one in gateway_pod(objects)["volumes"]}
    assert "GATEWAY_AUTOSCALING" not in environment(objects)
