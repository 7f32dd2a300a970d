"""Who reaches what, and how callers come in: NetworkPolicies, Ingress, HTTPRoute, and what `helm test` asks."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from tests.cluster.serving.chart import CHART, HelmFailed
from tests.support.ports import free_ports
from tests.support.versions import make_version
from tests.unit.gateway.rig import RedServer, listening, opened, settings
from tests.unit.helm.rendered import Object, containers, find, gateway_pod, render, workload
from tests.unit.identity.rig import files

JOBS: Object = {
    "jobs": {"enabled": True},
    "store": {"uri": "pvc://models"},
    "gateway": {"database": {"secret": "rows"}},
}
DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
DATABASE: Object = {"to": [{"ipBlock": {"cidr": "10.0.0.5/32"}}], "ports": [{"port": 5432, "protocol": "TCP"}]}
TEST_SCRIPT = CHART / "files" / "test-gateway.py"


def policies(objects: list[Object]) -> dict[str, Object]:
    return {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "NetworkPolicy"}


def labels(objects: list[Object]) -> list[Object]:
    """Of the gateway's, the jobs' and the test's pods."""
    job = find(objects, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    return [
        workload(objects)["spec"]["template"]["metadata"]["labels"],
        job,
        find(objects, "Pod")["metadata"]["labels"],
    ]


def test_nothing_reaches_a_pod_of_the_release_but_what_a_policy_lets_through() -> None:
    objects = render(**JOBS)
    denied = policies(objects)["sail-default-deny"]
    assert denied["policyTypes"] == ["Ingress"]
    assert "ingress" not in denied
    assert all(denied["podSelector"]["matchLabels"].items() <= pod.items() for pod in labels(objects))
    (gateway, job, test) = labels(objects)
    let_in = [spec["podSelector"]["matchLabels"] for spec in policies(objects).values() if "ingress" in spec]
    assert [chosen.items() <= gateway.items() for chosen in let_in].count(True) == 1
    assert not [chosen for chosen in let_in if chosen.items() <= job.items() or chosen.items() <= test.items()]


def test_policies_for_what_leaves_let_through_names_triton_and_what_is_named() -> None:
    egress = {"enabled": True, "gateway": [DATABASE], "model": [], "trainer": [DATABASE]}
    objects = render(**JOBS, networkPolicy={"egress": egress})
    found = policies(objects)
    assert found["sail-default-deny"]["egress"] == [{"ports": DNS}]
    triton, database = found["sail-gateway"]["egress"]
    assert triton["ports"] == [{"port": 8001, "protocol": "TCP"}]
    assert triton["to"][0]["podSelector"]["matchExpressions"][0]["values"] == ["cifar10-a"]
    assert database == found["sail-trainer"]["egress"][0] == DATABASE
    assert found["cifar10-a"]["egress"] == [{"ports": DNS}]
    assert all("Egress" in spec["policyTypes"] for spec in found.values())


def test_who_reaches_the_gateway_can_be_named() -> None:
    everybody = policies(render())["sail-gateway"]["ingress"]
    assert everybody == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    objects = render(networkPolicy={"gatewayFrom": [peer]})
    (rule,) = policies(objects)["sail-gateway"]["ingress"]
    assert peer in rule["from"]
    (tests,) = [one["podSelector"]["matchLabels"] for one in rule["from"] if "podSelector" in one]
    assert tests.items() <= find(objects, "Pod")["metadata"]["labels"].items()
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}} in rule["from"]


def test_without_policies_there_are_none() -> None:
    assert not policies(render(networkPolicy={"enabled": False, "egress": {"enabled": True}}))


def test_nothing_leads_in_from_outside_unless_it_is_asked_for() -> None:
    assert not [one for one in render() if one["kind"] in {"Ingress", "HTTPRoute"}]


def test_an_ingress_leads_to_the_gateway_s_service() -> None:
    given = {"enabled": True, "className": "nginx", "hosts": ["a.example", "*.b.example"], "tlsSecret": "certificate"}
    objects = render(ingress={**given, "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "0"}})
    ingress = find(objects, "Ingress")
    spec = ingress["spec"]
    assert ingress["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/proxy-body-size": "0"}
    assert spec["ingressClassName"] == "nginx"
    assert spec["tls"] == [{"hosts": given["hosts"], "secretName": "certificate"}]
    assert [rule["host"] for rule in spec["rules"]] == given["hosts"]
    service = find(objects, "Service", "gateway")
    for rule in spec["rules"]:
        (path,) = rule["http"]["paths"]
        assert path["backend"]["service"]["name"] == service["metadata"]["name"]
        assert path["backend"]["service"]["port"]["name"] == service["spec"]["ports"][0]["name"]


def test_a_route_of_the_gateway_api_leads_there_too() -> None:
    parents = [{"name": "public", "namespace": "gateways", "sectionName": "https"}]
    objects = render(httpRoute={"enabled": True, "parentRefs": parents, "hostnames": ["a.example"]})
    spec = find(objects, "HTTPRoute")["spec"]
    service = find(objects, "Service", "gateway")
    (backend,) = spec["rules"][0]["backendRefs"]
    assert (spec["parentRefs"], spec["hostnames"]) == (parents, ["a.example"])
    assert backend == {"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}


@pytest.mark.parametrize(
    "values",
    [
        {"ingress": {"enabled": True, "hosts": ["a.example"]}},
        {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["a.example"]}},
    ],
    ids=["ingress", "route"],
)
def test_metrics_that_anybody_may_read_are_not_shown_to_the_world(values: Object) -> None:
    with pytest.raises(HelmFailed, match=re.escape("would show the metrics to everybody")):
        render(**values, gateway={"metrics": "open"})


def test_what_helm_test_starts_is_a_pod_as_restricted_as_the_gateway_s() -> None:
    objects = render()
    pod = find(objects, "Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    (container,) = pod["spec"]["containers"]
    assert container["image"] == gateway_pod(objects)["containers"][0]["image"]
    assert container["securityContext"] == next(containers(objects))["securityContext"]
    assert pod["spec"]["securityContext"] == gateway_pod(objects)["securityContext"]
    assert not pod["spec"]["automountServiceAccountToken"]
    assert "memory" in container["resources"]["limits"]


def test_helm_test_asks_for_the_pinned_version_and_with_rollouts_for_none() -> None:
    rolling: Object = {"rollout": {"enabled": True}, "gateway": {"database": {"secret": "rows"}}}
    for values, version in (({"model": {"version": 12}}, "12"), (rolling, "")):
        objects = render(**values)
        (container,) = find(objects, "Pod")["spec"]["containers"]
        given = {entry["name"]: entry["value"] for entry in container["env"]}
        assert (given["MODEL"], given["VERSION"]) == ("cifar10", version)
        assert given["URL"] == f"http://{find(objects, 'Service', 'gateway')['metadata']['name']}:80"
        assert container["args"] == [TEST_SCRIPT.read_text()]


@contextmanager
def running(tmp_path: Path, auth: str) -> Iterator[int]:
    """The port of a gateway that serves version 1 of `tiny`."""
    make_version(tmp_path / "models", "tiny", 1)
    given = settings(tmp_path / "models", **{**files(tmp_path), "auth": auth})
    with listening(create_app(given, open_model_server=opened(RedServer())), given) as port:
        yield port


def test_helm_test_is_content_with_what_was_deployed_and_with_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path, "accounts") as port:
        pinned, rolled_out, another = (ask(port, version) for version in ("1", "", "2"))
    assert (pinned.returncode, rolled_out.returncode, another.returncode) == (0, 0, 1), another.stdout
    assert "{'tiny': 1}, and not version 2 of tiny" in another.stderr


def test_helm_test_notices_that_nobody_is_asked(tmp_path: Path) -> None:
    with running(tmp_path, "off") as port:
        done = ask(port, "1")
    assert (done.returncode, "is answered with 200" in done.stderr) == (1, True), done.stderr


def test_helm_test_says_that_no_gateway_answers() -> None:
    done = ask(free_ports(1)[0], "1")
    assert done.returncode == 1
    assert "The gateway is not ready: 0" in done.stderr


def ask(port: int, version: str) -> Any:
    # Nothing of the caller's environment: a proxy named there would be asked for the loopback.
    given = {"URL": f"http://127.0.0.1:{port}", "MODEL": "tiny", "VERSION": version, "SECONDS": "1"}
    command = [sys.executable, "-c", TEST_SCRIPT.read_text()]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    "values",
    [
        {"ingress": {"enabled": True}},
        {"ingress": {"enabled": True, "hosts": ["https://a.example"]}},
        {"httpRoute": {"enabled": True, "hostnames": ["a.example"]}},
        {"networkPolicy": {"egress": {"gateway": [{}]}}},
        {"networkPolicy": {"gatewayFrom": "ingress"}},
        {"kserve": {"namespace": "KServe"}},
    ],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        render(**values)
