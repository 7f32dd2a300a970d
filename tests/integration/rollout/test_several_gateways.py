"""Gateways that share a database agree on which version answers, whichever of them dies or sleeps."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tests.integration.rollout.pair import GATED, Gateway, Pair, running_pair
from tests.integration.rollout.test_laptop import PICTURE
from tests.integration.rollout.test_under_load import answered_by
from tests.integration.trireme.test_serve import until
from tests.support.postgres import Postgres
from tests.support.steady_load import steady_load

PREDICT = "/v1/models/tiny/predict"
ROUNDS = 3
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with Postgres() as postgres, running_pair(tmp_path_factory.mktemp("pair"), postgres) as pair:
        yield pair


def weights(gateway: Gateway) -> tuple[int, int]:
    """Of versions 1 and 2, by the gateway's own metrics: what it splits its callers by."""
    found = gateway.get("/metrics")
    lines = [] if found is None else found.text.splitlines()
    told = dict(line.rsplit(" ", 1) for line in lines if line.startswith("trireme_gateway_version_weight{"))
    one, two = (f'trireme_gateway_version_weight{{model="tiny",version="{version}"}}' for version in (1, 2))
    return int(float(told.get(one, 0))), int(float(told.get(two, 0)))


def followed(gateway: Gateway, wanted: tuple[int, int]) -> float:
    """Wait until a gateway follows; gives the seconds that it took."""
    began = time.monotonic()
    until(lambda: weights(gateway) == wanted)
    return time.monotonic() - began


def at_once(*posts: "tuple[Gateway, str, int]") -> list[int]:
    """Several people's changes at the same moment, each to a gateway, knowing a revision; gives the statuses."""
    barrier, found = threading.Barrier(len(posts)), list[int]()

    def post(gateway: Gateway, path: str, revision: int) -> None:
        barrier.wait(60)
        found.append(gateway.post(path, revision=revision))

    threads = [threading.Thread(target=post, args=one) for one in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def make_canary(pair: Pair) -> None:
    """Version 1 is stable and version 2 its canary, whatever was before."""
    if pair.shown("tiny", 2)["state"] == "stable":
        assert pair.one.post("tiny/rollback") == 200
    if not pair.shown("tiny", 2)["proven"]:
        assert pair.one.post("tiny/versions/2/shadow") == 200
        until(lambda: pair.shown("tiny", 2)["proven"])
    until(lambda: pair.one.post("tiny/versions/2/canary", weight=20) == 200)


def test_who_promotes_and_who_rolls_back_at_once_get_one_outcome_which_all_follow(pair: Pair) -> None:
    for _ in range(ROUNDS):
        make_canary(pair)
        print(f"followed within {followed(pair.other, (80, 20)):.2f} s")
        revision = pair.revision()
        found = at_once((pair.one, "tiny/versions/2/promote", revision), (pair.other, "tiny/rollback", revision))
        assert found == [200, 409]
        assert pair.revision() == revision + 1
        query = "SELECT action, weights FROM model_events WHERE model = 'tiny' AND revision = %s"
        ((action, after),) = pair.ask(query, revision + 1)
        assert after == ({"2": 100} if action == "promote" else {"1": 100})
        wanted = (after.get("1", 0), after.get("2", 0))
        for gateway in (pair.one, pair.other):
            followed(gateway, wanted)


def test_one_that_is_killed_in_the_middle_of_a_change_costs_the_others_callers_nothing(pair: Pair) -> None:
    make_canary(pair)
    followed(pair.other, (80, 20))
    with steady_load(pair.other.url, PREDICT, PICTURE) as answers:
        revision = pair.revision()
        asking = threading.Thread(target=pair.one.post, args=("tiny/rollback",))
        asking.start()
        while pair.revision() == revision:
            time.sleep(0.001)
        pair.one.kill()
        asking.join()
        followed(pair.other, (100, 0))
        answered_by(answers, 1)
        pair.one.start()
        pair.one.wait_ready()
        assert weights(pair.one) == (100, 0)
    assert answers.failures == []


def is_promoted(pair: Pair, model: str, by: Gateway) -> bool:
    return pair.shown(model, 2, by=by).get("state") == "stable"


def test_what_a_killed_keeper_began_another_one_finishes(pair: Pair) -> None:
    model, killed = GATED[0], pair.keeper()
    with pair.promoting(model):
        killed.kill()
    heir = pair.but(killed)
    until(lambda: is_promoted(pair, model, by=heir))
    until(lambda: heir.keeps)
    assert pair.events(model) == ["announce", "prove", "promote"]
    killed.start()
    killed.wait_ready()


def test_a_keeper_that_slept_and_wakes_up_late_changes_nothing(pair: Pair) -> None:
    model, sleeper = GATED[1], pair.keeper()
    with pair.promoting(model):
        sleeper.process.send_signal(signal.SIGSTOP)
    awake = pair.but(sleeper)
    until(lambda: is_promoted(pair, model, by=awake))
    revision = pair.revision(model)
    sleeper.process.send_signal(signal.SIGCONT)
    until(lambda: is_promoted(pair, model, by=sleeper))
    time.sleep(3)  # some looks of both
    assert (pair.revision(model), pair.events(model)) == (revision, ["announce", "prove", "promote"])
