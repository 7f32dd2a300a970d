"""What the chart's recording rules and alerts are about."""

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.rollout.traffic import VersionState
from tests.cluster.serving.chart import HelmFailed
from tests.support.promql import TRITON, gateway_metrics, metrics_in
from tests.unit.helm.rendered import Object, find, render
from trireme import reference

AUTOSCALERS = {f"kube_horizontalpodautoscaler_status_{part}" for part in ("condition", "current_replicas")}
"""Of kube-state-metrics."""
RULES: Object = {"enabled": True}


def ruled(*, rollout: bool = True, log: bool = True, autoscaling: bool = True, **rules: Any) -> list[Object]:
    monitoring = {"enabled": True, "gateway": {"secret": "prometheus"}, "rules": RULES | rules}
    gateway = {"database": {"secret": "rows"}, "log": {"enabled": log}}
    scaled = {"gateway": {"enabled": autoscaling}}
    return render(monitoring=monitoring, rollout={"enabled": rollout}, gateway=gateway, autoscaling=scaled)


def rules(objects: list[Object]) -> list[Object]:
    return [rule for group in find(objects, "PrometheusRule")["spec"]["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def every() -> list[Object]:
    return rules(ruled())


def test_every_metric_of_a_rule_is_one_that_there_is(every: list[Object]) -> None:
    recorded = {rule["record"] for rule in every if "record" in rule}
    named = set[str]().union(*(metrics_in(rule["expr"]) for rule in every))
    assert named - recorded - gateway_metrics() - TRITON == {"up", *AUTOSCALERS}
    assert recorded & named
    assert "trireme_gateway_log_lost_total" in named


def test_codes_and_states_that_rules_look_for_are_ones_that_there_are(every: list[Object]) -> None:
    text = "\n".join(rule["expr"] for rule in every)
    assert set(re.findall(r'code="([^"]+)"', text)) <= {error.code for error in reference.errors()}
    states = set(re.findall(r'version_state\{[^}]*state="([^"]+)"', text))
    assert states == {VersionState.STABLE, VersionState.CANARY}


def test_every_alert_tells_what_it_is_how_bad_and_where_to_read_on(every: list[Object]) -> None:
    alerts = [rule for rule in every if "alert" in rule]
    for rule in alerts:
        assert re.fullmatch(r"Trireme[A-Za-z]+", rule["alert"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    names = [rule["alert"] for rule in alerts]
    assert len(names) == len(set(names))


def test_rules_are_about_this_release_and_no_other(every: list[Object]) -> None:
    own = r'\{namespace="prod", (job="(sail-gateway|prod/sail-models)"|horizontalpodautoscaler=~"sail-gateway\|)'
    recorded = {rule["record"] for rule in every if "record" in rule}
    for rule in every:
        # What is recorded has its release in its labels.
        for name in metrics_in(rule["expr"]) - recorded:
            assert not re.search(rf"\b{name}\b(?!{own})", rule["expr"]), rule


def test_thresholds_and_the_runbook_s_address_are_values() -> None:
    found = rules(ruled(runbook="https://docs.example/runbook", availability=0.95, thresholds={"canaryHours": 3}))
    alerts = {rule["alert"]: rule for rule in found if "alert" in rule}
    assert "> 14.4 * (1 - 0.95)" in alerts["TriremeErrorBudgetBurnsFast"]["expr"]
    assert alerts["TriremeRolloutStuck"]["for"] == "3h"
    assert alerts["TriremeDrift"]["annotations"]["runbook_url"] == "https://docs.example/runbook#triremedrift"
    assert not re.search(r"\$\{", str(found))


def test_what_a_release_has_not_is_not_watched() -> None:
    names = {rule.get("alert", "") for rule in rules(ruled(rollout=False, log=False, autoscaling=False))}
    assert not [
        name for name in names if name.startswith(("TriremeLog", "TriremeRoll", "TriremeKeeper", "TriremeAuto"))
    ]
    assert "TriremeGatewayDown" in names


def test_rules_without_the_series_that_they_are_about_are_refused() -> None:
    with pytest.raises(HelmFailed, match=re.escape("needs monitoring.enabled")):
        render(monitoring={"rules": RULES})


@pytest.mark.parametrize(
    "values",
    [{"availability": 1}, {"latency": 99}, {"thresholds": {"logFullShare": 2}}, {"thresholds": {"errors": 1}}],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        ruled(**values)


def test_every_alert_has_its_section_in_the_runbook_and_no_other_has(every: list[Object]) -> None:
    page = Path(__file__).parents[3] / "docs/runbook.md"
    sections = re.findall(r"^### (Trireme\w+)$", page.read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(rule["alert"] for rule in every if "alert" in rule)
