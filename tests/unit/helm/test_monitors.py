"""What the chart tells a Prometheus to scrape."""

import re
from typing import Any

import pytest

from contract.names import ModelVersion
from tests.cluster.serving.chart import HelmFailed
from tests.unit.helm.rendered import Object, find, render

KINDS = {"ServiceMonitor", "PodMonitor", "PrometheusRule"}
KEY: Object = {"secret": "prometheus", "key": "viewer"}


def monitored(*, rollout: bool = False, **values: Any) -> list[Object]:
    given: Object = {"enabled": True, "gateway": KEY} | values
    database: Object = {"database": {"secret": "rows"}}
    return render(monitoring=given, rollout={"enabled": rollout}, gateway=database)


def test_nothing_asks_for_the_operator_unless_it_is_asked_for() -> None:
    assert not [one for one in render() if one["kind"] in KINDS]


def test_the_gateway_s_pods_are_scraped_through_their_service_with_a_key() -> None:
    objects = monitored(interval="30s", labels={"release": "prometheus"})
    monitor, service = find(objects, "ServiceMonitor"), find(objects, "Service", "gateway")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert (endpoint["path"], endpoint["interval"]) == ("/metrics", "30s")
    assert endpoint["authorization"]["credentials"] == {"name": "prometheus", "key": "viewer"}


def test_open_metrics_need_no_key_and_others_do() -> None:
    with pytest.raises(HelmFailed, match=re.escape("monitoring.gateway.secret")):
        render(monitoring={"enabled": True})
    objects = render(monitoring={"enabled": True}, gateway={"metrics": "open"})
    assert "authorization" not in find(objects, "ServiceMonitor")["spec"]["endpoints"][0]


@pytest.mark.parametrize(("rollout", "slots"), [(False, ["cifar10-a"]), (True, ["cifar10-a", "cifar10-b"])])
def test_the_model_servers_of_every_slot_are_scraped_and_of_no_other_model(rollout: bool, slots: list[str]) -> None:
    objects = monitored(rollout=rollout)
    monitor = find(objects, "PodMonitor")["spec"]
    assert monitor["selector"]["matchLabels"] == {"component": "predictor"}
    (wanted,) = monitor["selector"]["matchExpressions"]
    assert wanted == {"key": "serving.kserve.io/inferenceservice", "operator": "In", "values": slots}
    (container,) = find(objects, "ServingRuntime")["spec"]["containers"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert endpoint["port"] in [port["name"] for port in container["ports"]]


def test_triton_s_names_become_models_and_versions() -> None:
    (endpoint,) = find(monitored(), "PodMonitor")["spec"]["podMetricsEndpoints"]
    labels = {"model": ModelVersion("credit-189", 12).triton_name, "version": "1"}
    for rule in endpoint["metricRelabelings"]:
        found = re.fullmatch(rule["regex"], labels[rule["sourceLabels"][0]])
        assert found is not None
        labels[rule["targetLabel"]] = found[int(rule["replacement"].removeprefix("$"))]
    assert labels == {"model": "credit-189", "version": "12"}


@pytest.mark.parametrize("values", [{"interval": "5m"}, {"interval": "15"}, {"labels": {"release": 1}}, {"on": True}])
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        monitored(**values)
