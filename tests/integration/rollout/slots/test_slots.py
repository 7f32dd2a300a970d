"""Rollouts over two slots: gateways that share a database and a small Kubernetes, whose slots are real Tritons."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from tests.integration.rollout.slots.conftest import Site
from tests.integration.rollout.test_laptop import PICTURE, answering, state
from tests.integration.trireme.test_serve import until
from tests.support.kubernetes_api import Fault
from tests.support.steady_load import Answers, steady_load
from trireme.client import Client
from trireme.errors import Refused
from trireme.release_client import ReleaseClient

PREDICT = "/v1/models/tiny/predict"
RUNS, STOPPED = True, False


def answered_by(answers: Answers, *versions: int) -> None:
    answers.taken()
    until(lambda: set(answers.taken()) == {*versions})


@contextlib.contextmanager
def served(site: Site, **settings: object) -> Iterator[tuple[Client, Answers]]:
    """A gateway with a stable version 1, callers who never stop, and what they get."""
    with site.gateway(**settings) as url, Client(url) as client:  # type: ignore[arg-type]
        until(lambda: state(client, 1) == "stable")
        with steady_load(url, PREDICT, PICTURE) as answers:
            answered_by(answers, 1)
            yield client, answers


def has(site: Site, **slots: tuple[str, bool]) -> Callable[[], bool]:
    return lambda: site.slots() == {f"tiny-{slot}": told for slot, told in slots.items()}


def refused(act: Callable[[], object]) -> str:
    try:
        act()
    except Refused as error:
        return error.detail
    return "done"


def is_proven(client: Client, version: int) -> bool:
    listed = client.ask("GET", "/v1/models/tiny/versions")["versions"]
    return any(one["version"] == version and one["proven"] for one in listed)


def named(client: Client, version: int) -> object:
    return client.predict("tiny", PICTURE, version=version)


def test_canary_promotion_and_rollback_over_two_slots_and_two_gateways_cost_no_request(site: Site) -> None:
    with served(site) as (client, answers), site.gateway() as second, steady_load(second, PREDICT, PICTURE) as others:
        assert site.slots() == {"tiny-a": ("tiny-v1", RUNS)}
        site.publish(2)
        until(lambda: is_proven(client, 2))
        assert site.slots() == {"tiny-a": ("tiny-v1", RUNS), "tiny-b": ("tiny-v2", RUNS)}
        ReleaseClient(client).canary("tiny", 2, 40)
        for some in (answers, others):
            answered_by(some, 1, 2)
        ReleaseClient(client).promote("tiny", 2)
        for some in (answers, others):
            answered_by(some, 2)
        assert has(site, a=("tiny-v1", RUNS), b=("tiny-v2", RUNS))()
        ReleaseClient(client).rollback("tiny")
        for some in (answers, others):
            answered_by(some, 1)
        until(has(site, a=("tiny-v1", RUNS), b=("tiny-v2", STOPPED)))
        answered_by(answers, 1)
    assert (answers.failures, others.failures) == ([], [])
    assert site.kserve.begun == ["tiny-v1", "tiny-v2"]


def test_the_version_before_keeps_its_slot_for_a_while_and_then_there_is_no_way_back(site: Site) -> None:
    with served(site, policy="{start: promote}", rollout_warm_s=4) as (client, answers):
        site.publish(2)
        until(lambda: state(client, 2) == "stable")
        site.publish(3)
        until(lambda: state(client, 3) == "candidate")
        assert has(site, a=("tiny-v1", RUNS), b=("tiny-v2", RUNS))()
        until(lambda: state(client, 3) == "stable")
        assert has(site, a=("tiny-v3", RUNS), b=("tiny-v2", RUNS))()
        answered_by(answers, 3)
        until(has(site, a=("tiny-v3", RUNS), b=("tiny-v2", STOPPED)))
        assert "neither a canary nor" in refused(lambda: ReleaseClient(client).rollback("tiny"))
        actions = [(one["action"], one["version"]) for one in client.ask("GET", "/v1/models/tiny/events")["events"]]
        assert actions.count(("unload", 1)) == actions.count(("unload", 2)) == 1
    assert answers.failures == []


def test_a_version_in_no_slot_is_a_clear_answer_and_one_that_fails_its_examples_leaves_its_slot(site: Site) -> None:
    with served(site) as (client, answers):
        site.publish(2, shift=1)
        until(lambda: state(client, 2) == "retired")
        until(has(site, a=("tiny-v1", RUNS), b=("tiny-v2", STOPPED)))
        until(lambda: "Version 2 of model 'tiny' is not served; served: 1" in refused(lambda: named(client, 2)))
        assert answering(client) == 1
    assert answers.failures == []


def test_while_kubernetes_is_away_callers_are_answered_and_afterwards_the_rollout_goes_on(site: Site) -> None:
    with served(site, policy="{start: promote}") as (client, answers):
        site.cluster.faults.append(Fault("GET", "/namespaces/", 503))
        site.publish(2)
        until(lambda: state(client, 2) == "candidate")
        with site.gateway() as second, Client(second) as other:
            assert answering(other) == 1
        assert set(site.slots()) == {"tiny-a"}
        site.cluster.faults.clear()
        until(lambda: state(client, 2) == "stable")
        answered_by(answers, 2)
    assert answers.failures == []


def test_what_is_served_already_is_taken_over_as_it_is(site: Site) -> None:
    pinned = {"metadata": {"annotations": {}}, "spec": {"predictor": {"model": {"storageUri": "s3://models/tiny-v1/"}}}}
    site.publish(2)
    site.cluster.services["tiny-a"] = pinned
    until(lambda: site.kserve.begun == ["tiny-v1"] and "tiny-a" in site.kserve.pods)
    with served(site) as (client, _):
        until(lambda: state(client, 2) == "candidate")
        until(has(site, a=("tiny-v1", RUNS), b=("tiny-v2", RUNS)))
    assert site.kserve.begun == ["tiny-v1", "tiny-v2"]


def test_slots_are_changed_by_server_side_apply_and_only_when_they_differ(site: Site) -> None:
    with served(site) as (client, _):
        looks = Counter(method for method, *_ in site.cluster.requests)["GET"]
        until(lambda: Counter(method for method, *_ in site.cluster.requests)["GET"] > looks + 20)
        applied = site.cluster.sent("PATCH")
        assert [path.partition("?")[2] for path, _ in applied] == ["fieldManager=trireme-gateway&force=true"]
        assert {method for method, *_ in site.cluster.requests} == {"GET", "PATCH"}
        assert state(client, 1) == "stable"
