"""Where a request goes, and what counts as served, by what replicas are known to have."""

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from contract.names import ModelVersion
from contract.served import Served, ServedModel
from gateway.errors import ModelServerUnavailable
from gateway.holdings import Holdings
from gateway.replicas import ReplicaPool
from gateway.rollout.actions import Begin
from gateway.rollout.traffic import Traffic
from gateway.rollout.transition import transition

ADDRESSES = [f"127.0.0.1:{port}" for port in (1, 2, 3)]


class Replicas:
    """Three replicas, and what each has."""

    def __init__(self, folder: Path) -> None:
        self.pool = ReplicaPool(ADDRESSES, asks=True)
        self.holdings = Holdings(folder, interval_s=1)

    def have(self, *versions: int | None) -> None:
        """Note what each has; None: nothing is known of it."""
        for replica, version in zip(self.pool.everyone(), versions, strict=True):
            replica.holds = frozenset() if version is None else frozenset({f"tiny-v{version}"})

    def are_to_answer(self, stable: int) -> None:
        """Take what the traffic says."""
        self.holdings.set_traffic({"tiny": traffic(stable)})

    def served(self) -> tuple[int, Collection[int]] | None:
        """The stable version, and all that are served."""
        found = self.holdings.served().models.get("tiny")
        return None if found is None else (found.stable, found.versions)


def traffic(stable: int) -> Traffic:
    return transition("tiny", None, Begin(stable))[0]


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[Replicas]:
    found = Replicas(tmp_path)
    # No server listens there, so that nothing is learned but what a test notes.
    await found.holdings.attach(found.pool)
    yield found
    await found.pool.close()


async def test_a_request_goes_to_replicas_that_have_its_version_and_to_no_other(replicas: Replicas) -> None:
    replicas.have(1, 2, None)
    with replicas.pool.least_busy("tiny-v2") as replica:
        assert replica.address == ADDRESSES[1]
        assert not replicas.pool.has_other_than(replica, "tiny-v2")
    with (
        pytest.raises(ModelServerUnavailable, match="No replica of the model server has loaded tiny-v3"),
        replicas.pool.least_busy("tiny-v3"),
    ):
        pass


async def test_without_asking_every_replica_may_have_every_version() -> None:
    pool = ReplicaPool(ADDRESSES)
    with pool.least_busy("any") as replica:
        assert pool.has_other_than(replica, "another")
    assert pool.most_of_one() == len(ADDRESSES)
    await pool.close()


async def test_calls_in_flight_are_as_many_as_the_replicas_of_one_version_take(replicas: Replicas) -> None:
    assert replicas.pool.most_of_one() == 0
    replicas.have(1, 1, 2)
    assert replicas.pool.most_of_one() == 2


async def test_before_there_is_traffic_the_newest_version_that_is_loaded_answers(replicas: Replicas) -> None:
    assert replicas.holdings.served() == Served()
    replicas.have(1, 2, None)
    assert replicas.served() == (2, (1, 2))


async def test_a_stable_version_that_was_not_seen_yet_answers_nobody_while_the_one_before_can(
    replicas: Replicas,
) -> None:
    replicas.have(1, None, None)
    replicas.are_to_answer(1)
    assert replicas.served() == (1, (1,))
    replicas.are_to_answer(2)
    assert replicas.served() == (1, (1,))
    replicas.have(1, 2, None)
    assert replicas.served() == (2, (1, 2))


async def test_a_stable_version_whose_replicas_are_gone_is_not_replaced_by_another(replicas: Replicas) -> None:
    replicas.have(1, 3, None)
    replicas.are_to_answer(1)
    assert replicas.served() == (1, (1, 3))
    replicas.have(None, 3, None)
    assert replicas.served() == (1, (1, 3))


async def test_a_gateway_that_starts_while_the_stable_version_is_away_waits_for_it(replicas: Replicas) -> None:
    replicas.are_to_answer(1)
    assert replicas.served() == (1, (1,))
    replicas.have(None, 3, None)
    assert replicas.served() == (1, (1, 3))


@pytest.mark.parametrize(
    ("held", "is_everywhere"),
    [
        ((1, 2, 2), True),
        ((1, 1, 2), True),
        ((1, 1, 1), False),
        ((1, 2, 3), False),
        ((1, 2, None), False),
        ((None, None, None), False),
    ],
)
async def test_a_version_is_everywhere_when_every_replica_has_what_a_slot_names(
    replicas: Replicas, held: tuple[int | None, ...], is_everywhere: bool
) -> None:
    replicas.have(*held)
    assert replicas.holdings.has_everywhere(ModelVersion("tiny", 2), {1, 2}) is is_everywhere


async def test_replicas_of_another_model_say_nothing_about_this_one(replicas: Replicas) -> None:
    replicas.have(1, 2, None)
    replicas.pool.everyone()[2].holds = frozenset({"other-v1"})
    assert replicas.holdings.has_everywhere(ModelVersion("tiny", 2), {1, 2})
    assert replicas.holdings.served().models["other"] == ServedModel(stable=1, versions=(1,))


async def test_a_replica_that_is_replaced_answers_until_the_new_one_was_asked(replicas: Replicas) -> None:
    replicas.have(1, None, None)
    replicas.holdings.set_addresses(ADDRESSES[1:])
    with replicas.pool.least_busy("tiny-v1") as replica:
        assert replica.address == ADDRESSES[0]
    await replicas.holdings.refresh()
    assert [one.address for one in replicas.pool.everyone()] == ADDRESSES[1:]
