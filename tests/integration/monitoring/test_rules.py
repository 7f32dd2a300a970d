"""The chart's rules, by Prometheus' own tool: each alert fires when it should, and no other does."""

import json
from pathlib import Path

import pytest
import yaml

from tests.cluster.serving.chart import CHART
from tests.integration.monitoring.scenarios import SCENARIOS, Scenario
from tests.integration.monitoring.series import Series, always, gateway, healthy, loaded, requests, server
from tests.integration.monitoring.trying import RULES, rendered, tried
from tests.support.promtool import promtool

FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("rules")
    (found / RULES).write_text(yaml.safe_dump(rendered()))
    return found


def test_prometheus_takes_the_rules(folder: Path) -> None:
    assert "SUCCESS" in promtool("check", "rules", folder / RULES)


@pytest.mark.parametrize("file", sorted((CHART / "files/dashboards").glob("*.json")), ids=lambda file: file.stem)
def test_prometheus_takes_what_dashboards_ask_for(file: Path, tmp_path: Path) -> None:
    asked = [target["expr"] for panel in json.loads(file.read_text())["panels"] for target in panel.get("targets", ())]
    texts = {text.replace("$__rate_interval", "5m") for text in asked}
    named = [{"record": f"asked:{number}", "expr": text} for number, text in enumerate(sorted(texts))]
    (tmp_path / RULES).write_text(yaml.safe_dump({"groups": [{"name": file.stem, "rules": named}]}))
    assert f"{len(texts)} rules found" in promtool("check", "rules", tmp_path / RULES)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.what)
def test_what_should_fire_does_and_nothing_else(folder: Path, scenario: Scenario) -> None:
    series = {name: values for name, values in healthy().items() if name.partition("{")[0] not in scenario.without}
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in scenario.fires]
    case = {"expr": FIRING, "eval_time": f"{scenario.minute}m", "exp_samples": expected}
    tried(folder, series | scenario.series, promql_expr_test=[case])


def test_every_alert_fires_in_some_scenario(folder: Path) -> None:
    groups = yaml.safe_load((folder / RULES).read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    assert {name for scenario in SCENARIOS for name in scenario.fires} == alerts


def busy() -> Series:
    """One execution a second of four requests each, half a second long: Triton counts that for each of the four."""
    return {
        **server("nv_inference_request_success", "0+240x30", model="cifar10", version="3"),
        **server("nv_inference_exec_count", "0+60x30", model="cifar10", version="3"),
        **server("nv_inference_compute_input_duration_us", "0x30", model="cifar10", version="3"),
        **server("nv_inference_compute_infer_duration_us", f"0+{240 * 500_000}x30", model="cifar10", version="3"),
        **server("nv_inference_compute_output_duration_us", "0x30", model="cifar10", version="3"),
        **server("nv_inference_queue_duration_us", f"0+{240 * 250_000}x30", model="cifar10", version="3"),
    }


def two_replicas() -> Series:
    in_flight = "trireme_gateway_pictures_in_flight"
    return {
        **loaded(3, always(0), pod=1),
        **gateway(in_flight, always(30), model="cifar10", version="3"),
        **gateway(in_flight, always(10), pod=1, model="cifar10", version="3"),
    }


def timed() -> Series:
    """A hundred requests a minute, of which ninety took up to 0.1 s and the others up to 0.5 s."""
    name, route = "trireme_gateway_request_seconds_bucket", "/v1/models/{model}/predict"
    return {
        **gateway(name, "0+90x30", le="0.1", route=route),
        **gateway(name, "0+100x30", le="0.5", route=route),
        **gateway(name, "0+100x30", le="+Inf", route=route),
    }


@pytest.mark.parametrize(
    ("series", "expression", "value"),
    [
        (busy(), "trireme:triton_busy:share5m", 0.5),
        (busy(), "trireme:triton_queue:ratio_rate5m", 0.5),
        (two_replicas(), "trireme:pictures_in_flight:per_replica", 20),
        (timed(), 'trireme:request_seconds:quantile5m{quantile="0.95"}', 0.3),
        (requests("0+60x30", "0x30"), "trireme:requests:rate5m", 1),
    ],
    ids=["busy share", "queue over compute", "in flight a replica", "quantile", "rate"],
)
def test_what_is_recorded_is_right(folder: Path, series: Series, expression: str, value: float) -> None:
    case = {"expr": f"round(sum({expression}), 0.001)", "eval_time": "20m"}
    expected = [{"labels": "{}", "value": value}]
    tried(folder, healthy() | series, promql_expr_test=[case | {"exp_samples": expected}])


@pytest.mark.parametrize(
    ("series", "alert", "summary"),
    [
        (
            requests("0+980x90", "0+20x90"),
            "TriremeErrorBudgetBurnsFast",
            "cifar10: requests fail, 2% of them",
        ),
        (
            gateway("trireme_gateway_log_journal_bytes", always(2**30)),
            "TriremeLogFull",
            "sail-gateway-0: 1GiB of predictions wait for the database",
        ),
    ],
)
def test_what_a_person_reads(folder: Path, series: Series, alert: str, summary: str) -> None:
    groups = yaml.safe_load((folder / RULES).read_text())["groups"]
    (rule,) = [rule for group in groups for rule in group["rules"] if rule.get("alert") == alert]
    labels = {"severity": "page", "namespace": "prod", "job": "sail-gateway"}
    labels |= {"pod": "sail-gateway-0"} if alert == "TriremeLogFull" else {"model": "cifar10", "slo": "availability"}
    expected = {"exp_labels": labels, "exp_annotations": rule["annotations"] | {"summary": summary}}
    tried(
        folder,
        healthy() | series,
        alert_rule_test=[{"eval_time": "70m", "alertname": alert, "exp_alerts": [expected]}],
    )
