"""The chart's dashboards for Grafana."""

import json
import re
from typing import Any

import pytest

from tests.cluster.serving.chart import CHART
from tests.support.promql import DCGM, TRITON, gateway_metrics, metrics_in
from tests.unit.helm.rendered import Object, render

FILES = sorted((CHART / "files/dashboards").glob("*.json"))
DASHBOARDS = pytest.mark.parametrize(
    "dashboard", [json.loads(file.read_text()) for file in FILES], ids=lambda d: d["uid"]
)


def expressions(dashboard: Object) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


@DASHBOARDS
def test_every_metric_of_a_dashboard_is_one_that_there_is(dashboard: Object) -> None:
    named = set[str]().union(*map(metrics_in, expressions(dashboard)))
    assert named
    assert named <= gateway_metrics() | TRITON | DCGM


@DASHBOARDS
def test_a_dashboard_asks_for_the_prometheus_that_the_reader_chose(dashboard: Object) -> None:
    variables = {one["name"]: one for one in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert {name.split("_")[0] for name in re.findall(r"\$\{?(\w+)", json.dumps(dashboard))} - {""} == variables.keys()
    graphs = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in graphs)


@DASHBOARDS
def test_panels_have_places_and_numbers_of_their_own(dashboard: Object) -> None:
    taken: list[tuple[int, int]] = []
    for place in (panel["gridPos"] for panel in dashboard["panels"]):
        columns = range(place["x"], place["x"] + place["w"])
        taken += [(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])]
    assert len(taken) == len(set(taken))
    assert {x for x, _ in taken} <= set(range(24))
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers))


@DASHBOARDS
def test_a_legend_names_labels_that_its_expression_keeps(dashboard: Object) -> None:
    for target in (target for panel in dashboard["panels"] for target in panel.get("targets", ())):
        kept = re.search(r"by \(([^)]*)\)", target["expr"])
        if kept is not None:
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert labels <= set(kept[1].split(", ")), target


def brought(**values: Any) -> list[Object]:
    objects = render(monitoring={"dashboards": values})
    return [one for one in objects if one["kind"] == "ConfigMap" and "dashboard" in one["metadata"]["name"]]


def test_dashboards_come_as_config_maps_that_grafana_s_sidecar_finds() -> None:
    assert brought() == []
    maps = brought(enabled=True, annotations={"grafana_folder": "Trireme"})
    assert [one["metadata"]["name"] for one in maps] == ["sail-dashboard-gateway", "sail-dashboard-model-servers"]
    for one, file in zip(maps, FILES, strict=True):
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert one["metadata"]["annotations"] == {"grafana_folder": "Trireme"}
        ((name, text),) = one["data"].items()
        assert (name, json.loads(text)) == (f"trireme-{file.name}", json.loads(file.read_text()))
