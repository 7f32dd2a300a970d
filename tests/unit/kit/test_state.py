"""A cluster's lock says whether it lives."""

import os
from pathlib import Path

import pytest

from tests.cluster.kit.errors import ClusterAbsent
from tests.cluster.kit.launch import running, stop, sweep
from tests.cluster.kit.state import State, all_states, drop_lock, try_lock


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "clusters", "one")


def held(state: State) -> int:
    lock = try_lock(state)
    assert lock is not None
    return lock


def test_one_holder_at_a_time(state: State) -> None:
    lock = held(state)
    assert try_lock(state) is None
    assert running(state)
    drop_lock(state, lock)
    assert not running(state)


def test_a_dropped_lock_leaves_no_file(state: State) -> None:
    drop_lock(state, held(state))
    assert not list(state.clusters.iterdir())


def test_a_lock_outlives_who_took_it_while_a_child_holds_it(state: State) -> None:
    lock = held(state)
    child = os.dup(lock)
    os.close(lock)
    assert running(state)
    os.close(child)
    assert not running(state)


def test_clusters_of_other_names_do_not_meet(state: State) -> None:
    lock = held(state)
    assert not running(State(state.clusters, "two"))
    os.close(lock)


def test_the_sweep_removes_the_dead_and_leaves_the_living(state: State) -> None:
    dead = State(state.clusters, "dead")
    for each in (state, dead):
        (each.root / "containerd").mkdir(parents=True)
    lock = held(state)
    sweep(state.clusters)
    assert list(all_states(state.clusters)) == [state]
    os.close(lock)


def test_kept_logs_are_not_a_cluster(state: State) -> None:
    state.failure_logs.mkdir(parents=True)
    assert not list(all_states(state.clusters))


def test_stopping_what_is_not_there_is_one_sentence(state: State) -> None:
    with pytest.raises(ClusterAbsent, match=r"^No cluster 'one' is up\.$"):
        stop(state)
