"""What the chart promises about the gateway: who may call, where rows lie, how a pod ends."""

import json
import re
from typing import Any

import pytest

from gateway.settings import GatewaySettings
from tests.cluster.serving.chart import CHART, HelmFailed, helm
from tests.unit.helm.rendered import (
    SECRET,
    Object,
    environment,
    find,
    from_secrets,
    gateway_container,
    gateway_pod,
    render,
    workload,
)

CLAIMED: Object = {"state": {"storage": "10Gi"}}
ROLES = [{"group": "ml", "role": "trainer"}, {"group": "a team", "role": "viewer"}]
ISSUER: Object = {
    "auth": {"mode": "issuer", "issuer": {"url": "https://login.example", "audience": "trireme", "roles": ROLES}}
}
DATABASE: Object = {"database": {"secret": "rows"}}
EVERYTHING: Object = {
    "log": {"secret": "hashing"},
    "trustedProxies": ["10.0.0.0/8"],
    "secretSettings": {"GATEWAY_RATE_STORE": {"secret": "redis", "key": "url"}},
}


def gateway(**values: Any) -> list[Object]:
    return render(gateway=values)


def mounted(objects: list[Object], path: str) -> Object:
    """The volume at a path of the gateway's container."""
    (name,) = [one["name"] for one in gateway_container(objects)["volumeMounts"] if one["mountPath"] == path]
    (volume,) = [one for one in gateway_pod(objects)["volumes"] if one["name"] == name]
    return dict(volume)


@pytest.mark.parametrize(
    "values", [DATABASE | EVERYTHING, ISSUER | EVERYTHING, CLAIMED], ids=["accounts", "issuer", "claim"]
)
def test_every_setting_given_to_the_gateway_is_one(values: Object) -> None:
    objects = gateway(**values)
    known = {f"GATEWAY_{name}".upper() for name in GatewaySettings.model_fields}
    assert environment(objects).keys() | from_secrets(objects).keys() <= known


@pytest.mark.parametrize("values", [EVERYTHING, ISSUER | EVERYTHING, CLAIMED], ids=["accounts", "issuer", "claim"])
def test_the_gateway_accepts_what_the_chart_tells_it(values: Object, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(gateway(**values)).items():
        monkeypatch.setenv(name, value)
    GatewaySettings()


def test_without_a_secret_for_accounts_nothing_is_deployed() -> None:
    with pytest.raises(HelmFailed, match=re.escape("gateway.auth.secret has to name")):
        helm("template", "sail", str(CHART))


def test_the_signing_keys_and_the_first_password_are_files_of_the_secret_that_nothing_can_write() -> None:
    objects = gateway()
    assert mounted(objects, "/etc/trireme-secrets/auth")["secret"]["secretName"] == SECRET
    for name in ("GATEWAY_AUTH_SIGNING_KEYS", "GATEWAY_AUTH_ADMIN_PASSWORD_FILE"):
        assert environment(objects)[name].startswith("/etc/trireme-secrets/auth/")
    assert all(one["readOnly"] for one in gateway_container(objects)["volumeMounts"] if "secret" in one["name"])


def test_nobody_is_let_in_unasked() -> None:
    for values in ({}, ISSUER):
        assert environment(gateway(**values))["GATEWAY_AUTH"] in {"accounts", "issuer"}


def test_an_issuer_needs_no_secret_of_the_chart() -> None:
    objects = gateway(**ISSUER)
    assert not [one for one in gateway_pod(objects)["volumes"] if "secret" in one]
    assert "GATEWAY_AUTH_SIGNING_KEYS" not in environment(objects)


def test_the_roles_of_an_issuer_s_groups_keep_their_order() -> None:
    roles = json.loads(environment(gateway(**ISSUER))["GATEWAY_AUTH_ROLES"])
    assert list(roles.items()) == [("ml", "trainer"), ("a team", "viewer")]


def test_the_database_s_url_comes_from_its_secret_and_stands_nowhere_in_the_open() -> None:
    objects = gateway(**DATABASE)
    assert from_secrets(objects)["GATEWAY_DATABASE"] == {"name": "rows", "key": "url"}
    assert "GATEWAY_DATABASE" not in environment(objects)


def test_without_a_database_rows_lie_in_the_pod_s_own_folder() -> None:
    objects = gateway()
    assert environment(objects)["GATEWAY_DATABASE"] == "sqlite:////var/lib/trireme/trireme.db"
    assert mounted(objects, "/var/lib/trireme")["emptyDir"] == {"sizeLimit": "4Gi"}


def test_several_gateways_without_a_common_database_are_refused() -> None:
    with pytest.raises(HelmFailed, match="Several gateways need one PostgreSQL"):
        gateway(replicas=2)
    gateway(replicas=2, **DATABASE)


def test_answers_that_wait_for_the_disk_need_a_disk_that_outlives_the_pod() -> None:
    with pytest.raises(HelmFailed, match="needs a disk that outlives the pod"):
        gateway(log={"durability": "sync"})
    assert environment(gateway(log={"durability": "sync"}, **CLAIMED))["GATEWAY_LOG_DURABILITY"] == "sync"


def test_a_claim_of_the_pod_s_own_makes_a_stateful_set_of_the_same_pods() -> None:
    plain, claimed = gateway(), gateway(state={"storage": "10Gi", "storageClass": "fast"})
    assert (workload(plain)["kind"], workload(claimed)["kind"]) == ("Deployment", "StatefulSet")
    assert gateway_container(plain) == gateway_container(claimed)
    (template,) = workload(claimed)["spec"]["volumeClaimTemplates"]
    assert template["spec"]["resources"]["requests"]["storage"] == "10Gi"
    assert template["spec"]["storageClassName"] == "fast"
    mount = {one["mountPath"]: one["name"] for one in gateway_container(claimed)["volumeMounts"]}
    assert mount["/var/lib/trireme"] == template["metadata"]["name"]


def test_either_kind_selects_its_pods_and_is_behind_the_service() -> None:
    for objects in (gateway(), gateway(**CLAIMED)):
        labels = workload(objects)["spec"]["template"]["metadata"]["labels"]
        for selector in (
            workload(objects)["spec"]["selector"]["matchLabels"],
            find(objects, "Service", "gateway")["spec"]["selector"],
        ):
            assert selector.items() <= labels.items()


def test_a_gateway_has_time_to_leave_to_finish_and_to_bring_its_log_home() -> None:
    objects = gateway(drainSeconds=7, stopSeconds=11, log={"drainSeconds": 13})
    given = environment(objects)
    steps = ("GATEWAY_DRAIN_S", "GATEWAY_SHUTDOWN_TIMEOUT_S", "GATEWAY_LOG_DRAIN_S")
    assert [given[step] for step in steps] == ["7", "11", "13"]
    assert gateway_pod(objects)["terminationGracePeriodSeconds"] > 7 + 11 + 13


def test_the_journal_is_smaller_than_its_disk_by_default() -> None:
    objects = gateway()
    gibibytes = int(mounted(objects, "/var/lib/trireme")["emptyDir"]["sizeLimit"].removesuffix("Gi"))
    assert int(environment(objects)["GATEWAY_LOG_SPILL_BYTES"]) < gibibytes * 1024**3


def test_probes_ask_what_is_public() -> None:
    container = gateway_container(gateway())
    assert {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")} == {
        "/health/live"
    }


def test_prometheus_is_sent_to_the_metrics_only_where_it_needs_no_key() -> None:
    for metrics, found in (("read", False), ("open", True)):
        objects = gateway(metrics=metrics)
        assert environment(objects)["GATEWAY_METRICS_ACCESS"] == metrics
        annotations = workload(objects)["spec"]["template"]["metadata"]["annotations"]
        assert ("prometheus.io/scrape" in annotations) is found


def test_a_setting_of_the_user_wins_over_the_chart_s_and_is_given_once() -> None:
    entries = gateway_container(gateway(settings={"GATEWAY_MAX_TABLE_BYTES": "5"}))["env"]
    assert [one["value"] for one in entries if one["name"] == "GATEWAY_MAX_TABLE_BYTES"] == ["5"]


@pytest.mark.parametrize(
    "values",
    [
        {"auth": {"mode": "off"}},
        {"auth": {"mode": "issuer"}},
        {"auth": {"mode": "issuer", "issuer": {"url": "http://login.example", "audience": "trireme"}}},
        {"auth": {"mode": "issuer", "issuer": {"url": "https://a", "audience": "b", "algorithm": "HS256"}}},
        {
            "auth": {
                "mode": "issuer",
                "issuer": {"url": "https://a", "audience": "b", "roles": [{"group": "ml", "role": "owner"}]},
            }
        },
        {"settings": {"GATEWAY_AUTH": "off"}},
        {"settings": {"GATEWAY_DATABASE": "postgresql://user:password@host/name"}},
        {"settings": {"GATEWAY_LOG_DURABILITY": "sync"}},
        {"secretSettings": {"GATEWAY_RATE_STORE": {"secret": "redis"}}},
        {"secretSettings": {"GATEWAY_AUTH_SIGNING_KEYS": {"secret": "keys", "key": "path"}}},
        {"database": {"url": "postgresql://user:password@host/name"}},
        {"log": {"durability": "never"}},
        {"log": {"spillBytes": 0}},
        {"state": {"storage": "much"}},
        {"trustedProxies": ["everybody"]},
        {"metrics": "closed"},
        {"drainSeconds": -1},
    ],
    ids=str,
)
def test_nonsense_is_refused_before_anything_is_deployed(values: Object) -> None:
    with pytest.raises(HelmFailed, match="schema"):
        gateway(**values)
