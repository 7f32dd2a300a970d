"""What the suite's metrics pipeline is made of."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from tests.cluster.addons import discover, kwok, prometheus
from tests.cluster.addons.pipeline import monitored
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving.scaled import values
from tests.support.promtool import promtool

NODE = {
    "metadata": {"name": "node1"},
    "status": {"addresses": [{"type": "Hostname", "address": "node1"}, {"type": "InternalIP", "address": "10.0.0.1"}]},
}
POD: dict[str, Any] = {
    "metadata": {"name": "one", "namespace": "prod", "labels": {"app.kubernetes.io/name": "trireme"}},
    "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}, {}]},
    "status": {"podIP": "10.244.0.7"},
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What Prometheus is started with for a release `sail`."""
    scrape, groups = monitored("sail", "prod", values({"itemRate": 12, "cpuPercent": 80}, {}))
    (config,) = [
        one["data"] for one in prometheus.objects("image", scrape, [NODE], groups) if one["kind"] == "ConfigMap"
    ]
    for name, text in config.items():
        (tmp_path / name).write_text(text.replace("/etc/prometheus", str(tmp_path)))
    return tmp_path


def test_prometheus_takes_the_chart_s_monitors_and_rules(files: Path) -> None:
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", files / "prometheus.yaml")
    assert "SUCCESS" in promtool("check", "rules", files / "rules.yaml")


def test_series_come_under_the_jobs_that_the_rules_ask_for(files: Path) -> None:
    config = yaml.safe_load((files / "prometheus.yaml").read_text())
    named = [
        rule["replacement"]
        for one in config["scrape_configs"]
        for rule in one.get("relabel_configs", ())
        if rule.get("target_label") == "job"
    ]
    assert sorted(named) == ["prod/sail-models", "sail-gateway"]
    asked = (files / "rules.yaml").read_text()
    assert all(f'job="{job}"' in asked for job in named)


def test_a_pod_s_ports_are_targets_with_the_labels_of_prometheus_own_discovery() -> None:
    (target,) = discover.targets([POD])
    assert target == {
        "targets": ["10.244.0.7:8080"],
        "labels": {
            "__meta_kubernetes_namespace": "prod",
            "__meta_kubernetes_pod_name": "one",
            "__meta_kubernetes_pod_container_port_name": "http",
            "__meta_kubernetes_pod_label_app_kubernetes_io_name": "trireme",
        },
    }


@pytest.mark.parametrize(("gpus", "taints"), [(0, {kwok.FAKE}), (8, {kwok.FAKE, "nvidia.com/gpu"})])
def test_nobody_comes_to_a_fake_node_who_did_not_ask_for_it(gpus: int, taints: set[str]) -> None:
    node = kwok.node("one", gpus)
    assert {taint["key"] for taint in node["spec"]["taints"]} == taints
    assert ("nvidia.com/gpu" in node["status"]["allocatable"]) is (gpus > 0)


def test_add_ons_are_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIREME_CLUSTER_ADDONS", raising=False)
    assert ClusterSettings(_env_file=None).addons == frozenset()
    monkeypatch.setenv("TRIREME_CLUSTER_ADDONS", " autoscaling,")
    assert ClusterSettings(_env_file=None).addons == {"autoscaling"}
    monkeypatch.setenv("TRIREME_CLUSTER_ADDONS", "coffee")
    with pytest.raises(ValidationError):
        ClusterSettings(_env_file=None)
