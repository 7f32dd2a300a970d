"""What a gateway keeps of the autoscalers of its namespace, and what it answers."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.moments import Span
from gateway.autoscaling.answers import autoscaler
from gateway.autoscaling.api import AutoscalerApi
from gateway.autoscaling.errors import AutoscalerUnseen
from gateway.autoscaling.watching import AutoscalerWatch
from gateway.kubernetes.errors import ApiAway
from gateway.kubernetes.place import Place
from tests.support.kubernetes_api import NAMESPACE, Cluster, Fault, kubeconfig, serve_kubernetes

CASES = Path(__file__).with_name("cases")


@pytest.fixture
def case() -> dict[str, Any]:
    return dict(json.loads((CASES / "up-limited-by-a-percent-policy.json").read_text()))


@pytest.fixture
def cluster(case: dict[str, Any]) -> Iterator[Cluster]:
    found = Cluster(autoscalers={"cifar10-a": case["looks"][0]["hpa"]}, events=case["events"])
    with serve_kubernetes(found) as served:
        yield served


@pytest.fixture
def watch(cluster: Cluster, tmp_path: Path) -> AutoscalerWatch:
    api = AutoscalerApi(Place(NAMESPACE, kubeconfig(tmp_path, cluster.url)))
    return AutoscalerWatch(api, interval_s=5, kept_s=60)


def test_a_decision_between_two_looks_is_answered_with_its_reason(
    watch: AutoscalerWatch, cluster: Cluster, case: dict[str, Any]
) -> None:
    for one in case["looks"]:
        cluster.autoscalers["cifar10-a"] = one["hpa"]
        watch.look(datetime.fromisoformat(one["time"]).timestamp())
    (seen,) = watch.readings("cifar10")
    began = datetime.fromisoformat(case["looks"][0]["time"])
    found = autoscaler(seen, watch.events("cifar10-a"), Span(began, began + timedelta(minutes=1)))
    assert (found.workload, found.least, found.most) == ("cifar10-a-predictor", 1, 10)
    (step,) = found.decisions
    assert (step.metric, step.value, step.target, step.limit) == ("trireme_items_in_flight", 17.5, 5, "policy")
    assert [point.desired for point in found.series] == [2, 4]
    assert [event.reason for event in found.events] == ["SuccessfulRescale"]


def test_what_is_before_the_time_that_is_asked_for_is_left_out(watch: AutoscalerWatch, case: dict[str, Any]) -> None:
    watch.look(time.time())
    (seen,) = watch.readings("cifar10")
    now = datetime.now(UTC)
    found = autoscaler(seen, watch.events("cifar10-a"), Span(now + timedelta(minutes=1), now + timedelta(hours=1)))
    assert (found.decisions, found.events, found.series) == ([], [], [])
    assert found.now.sentence.startswith("2 replicas: trireme_items_in_flight asked for the most, 2,")


def test_only_what_is_new_enough_is_kept(watch: AutoscalerWatch) -> None:
    for second in range(0, 100, 10):
        watch.look(1000.0 + second)
    (seen,) = watch.readings("cifar10")
    assert [one.time for one in seen] == [1030.0 + second for second in range(0, 70, 10)]


def test_a_model_that_nothing_scales_and_a_name_that_is_part_of_another_have_no_autoscaler(
    watch: AutoscalerWatch,
) -> None:
    watch.look(1000.0)
    for model in ("credit", "cifar1", "cifar10-a"):
        assert watch.readings(model) == []


def test_one_that_is_gone_is_not_answered_any_more(watch: AutoscalerWatch, cluster: Cluster) -> None:
    watch.look(1000.0)
    del cluster.autoscalers["cifar10-a"]
    watch.look(1005.0)
    assert watch.readings("cifar10") == []


def test_before_kubernetes_answered_the_answer_is_to_try_later(watch: AutoscalerWatch, cluster: Cluster) -> None:
    cluster.faults.append(Fault("GET", "horizontalpodautoscalers", 503))
    with pytest.raises(ApiAway):
        watch.look(1000.0)
    with pytest.raises(AutoscalerUnseen):
        watch.readings("cifar10")


def test_events_that_are_refused_are_no_silence(watch: AutoscalerWatch, cluster: Cluster) -> None:
    watch.look(1000.0)
    cluster.faults.append(Fault("GET", "events", 403))
    with pytest.raises(AutoscalerUnseen):
        watch.events("cifar10-a")


def test_only_the_autoscaler_s_own_events_are_asked_for(watch: AutoscalerWatch, cluster: Cluster) -> None:
    watch.events("cifar10-a")
    ((path, _),) = cluster.sent("GET")
    assert "involvedObject.name%3Dcifar10-a" in path
