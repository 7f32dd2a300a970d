"""Waits by formula, against closed forms that are known."""

from math import exp, factorial, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.batch_times import BatchTimes
from loadtest.batching import Replica
from loadtest.errors import TimesInvalid
from loadtest.queueing import Queue, erlang_c


def by_definition(servers: int, offered: float) -> float:
    """Erlang's C as it is written in books."""
    waiting = offered**servers / factorial(servers) * servers / (servers - offered)
    return waiting / (sum(offered**count / factorial(count) for count in range(servers)) + waiting)


@pytest.mark.parametrize(("servers", "offered"), [(1, 0.5), (2, 1.5), (5, 4.0), (10, 3.0), (40, 38.0)])
def test_erlang_s_c_is_that_of_its_definition(servers: int, offered: float) -> None:
    assert erlang_c(servers, offered) == pytest.approx(by_definition(servers, offered))


def test_a_thousand_servers_are_no_more_than_one_can_count_with() -> None:
    assert 0 < erlang_c(1000, 950) < 1
    assert erlang_c(3, 3) == 1


def test_one_server_with_equal_service_times_waits_half_of_one_with_exponential_ones() -> None:
    deterministic, exponential = Queue(80, 0.01), Queue(80, 0.01, service_cv2=1)
    assert deterministic.mean_wait_s == pytest.approx(0.8 * 0.01 / (2 * 0.2))  # M/D/1, Pollaczek and Khinchine
    assert exponential.mean_wait_s == pytest.approx(0.8 * 0.01 / 0.2)  # M/M/1
    assert exponential.wait_s(0.99) == pytest.approx(0.01 / 0.2 * 4.382026634673881)  # ln(0.8 / 0.01)
    longer = 0.8 * exp(-exponential.wait_s(0.99) * 0.2 / 0.01)
    assert longer == pytest.approx(0.01)


def test_saturation_has_no_end() -> None:
    assert Queue(100, 0.01).mean_wait_s == inf
    assert Queue(100, 0.01).wait_s(0.5) == inf
    assert Queue(1, 0.001, servers=4).wait_s(0.99) == 0


@given(st.floats(1, 99), st.floats(1, 99), st.integers(1, 8))
def test_more_load_waits_longer(one: float, other: float, servers: int) -> None:
    less, more = (Queue(rate * servers, 0.01, servers) for rate in sorted((one, other)))
    assert less.mean_wait_s <= more.mean_wait_s * (1 + 1e-9)
    assert less.wait_s(0.99) <= more.wait_s(0.99) * (1 + 1e-9)


def test_times_lie_on_lines_between_what_was_measured() -> None:
    times = BatchTimes({1: 0.003, 5: 0.007, 32: 0.020})
    assert [times.seconds(size) for size in (0.5, 1, 3, 5, 32)] == pytest.approx([0.003, 0.003, 0.005, 0.007, 0.020])
    assert times.seconds(64) == pytest.approx(0.040)
    assert BatchTimes({1: 0.003}).seconds(10) == pytest.approx(0.03)


@pytest.mark.parametrize("measured", [{}, {0: 1.0}, {1: 0.0}, {1: 0.02, 8: 0.01}], ids=str)
def test_times_that_cannot_be_are_refused(measured: dict[int, float]) -> None:
    with pytest.raises(TimesInvalid):
        BatchTimes(measured)


def test_batches_grow_with_the_load_and_an_instance_is_always_busy_then() -> None:
    replica = Replica(BatchTimes({1: 0.003, 32: 0.020}), instances=2, max_batch=32)
    assert replica.capacity == pytest.approx(3200)
    assert [replica.batch(rate) for rate in (100, 600)] == [1, 1]
    grown = replica.batch(2000)
    assert grown == pytest.approx(1000 * replica.times.seconds(grown))  # what arrives meanwhile is the next batch
    assert replica.busy(300) == pytest.approx(0.45)
    assert replica.busy(2000) == pytest.approx(1)


def test_the_highest_rate_just_keeps_the_promise() -> None:
    replica = Replica(BatchTimes({1: 0.003, 32: 0.020}), instances=1, max_batch=32)
    rate = replica.highest_rate(0.05, 0.99)
    assert replica.latency_s(rate, 0.99) == pytest.approx(0.05, rel=1e-3)
    assert replica.highest_rate(0.002, 0.99) == 0
    assert replica.latency_s(replica.capacity, 0.99) == inf
