"""Targets and bounds follow from the measured service time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trireme.autoscale import service
from trireme.autoscale.errors import PlanImpossible
from trireme.autoscale.plan import Plan, plan
from trireme.autoscale.reasons import reasons
from trireme.autoscale.wish import Wish

WISH = Wish(slo_s=0.1, rates=(20.0, 300.0))
PLAIN = service.given(0.01, None, batch=32, instances=1)
BATCHED = service.given(0.003, 0.020, batch=32, instances=1)

times_ms = st.floats(0.5, 20)


def made(found: service.Service = PLAIN, wish: Wish = WISH) -> Plan:
    return plan("some", found, wish)


def test_replicas_carry_each_expected_rate_within_the_promise() -> None:
    found = made()
    for rate in WISH.rates:
        each = rate / found.replicas(rate)
        assert found.service.replica.latency_s(each, 0.99) + WISH.overhead_s <= WISH.slo_s
    assert (found.min_replicas, found.max_replicas) == (1, found.replicas(300) + 1)


@given(times_ms, st.integers(1, 4), st.integers(2, 40))
def test_a_load_for_n_replicas_asks_for_n_replicas_by_each_signal(single_ms: float, instances: int, n: int) -> None:
    """What a HorizontalPodAutoscaler makes of the signals of n replicas that each have the target rate: n."""
    found = made(service.given(single_ms / 1000, None, batch=8, instances=instances), Wish(slo_s=1, rates=(1.0,)))
    replica, rate, targets = found.service.replica, found.target_rate, found.targets
    assert found.replicas(n * rate) == n
    tolerance = found.behaviour.up.tolerance + 0.1  # what rounding to two digits takes
    assert replica.in_flight(rate) / targets.in_flight == pytest.approx(1, abs=tolerance)
    assert rate / targets.item_rate == pytest.approx(1, abs=0.02)
    if targets.busy_share is not None:
        assert replica.busy(rate) / targets.busy_share == pytest.approx(1, abs=tolerance)


def test_a_busy_share_that_tells_nothing_is_left_out() -> None:
    found = made()
    assert found.targets.busy_share == pytest.approx(found.target_rate * 0.01, abs=0.01)
    assert made(BATCHED).targets.busy_share is None


@given(st.floats(0, 300), st.floats(0, 2))
def test_a_slower_start_or_a_faster_growth_leaves_more_room(startup_s: float, growth: float) -> None:
    slower = made(wish=replace(WISH, startup_s=startup_s, growth_per_minute=growth))
    assert slower.target_rate <= slower.highest_rate
    assert slower.replicas(300) >= made(wish=replace(WISH, startup_s=0, growth_per_minute=0)).replicas(300)


@given(st.floats(0, 1000), st.floats(0.1, 10_000), times_ms)
def test_it_goes_up_at_once_and_down_slowly(startup_s: float, rate: float, single_ms: float) -> None:
    found = made(service.given(single_ms / 1000, None, batch=8, instances=1), Wish(1, (rate,), startup_s=startup_s))
    up, down = found.behaviour.up, found.behaviour.down
    assert up.stabilization_s == 0
    assert 120 <= down.stabilization_s <= 1800  # what Kubernetes allows is up to 3600
    assert max(one.value / one.period_s for one in up.policies) > max(one.value / one.period_s for one in down.policies)
    assert 0.05 <= up.tolerance <= down.tolerance <= 0.2
    assert 50 <= found.targets.cpu_percent <= 90


def test_a_promise_that_one_item_alone_breaks_has_no_plan() -> None:
    with pytest.raises(PlanImpossible, match=r"takes 15.0 ms with the gateway, longer than the 12 ms promised"):
        made(wish=replace(WISH, slo_s=0.012))


def test_every_value_has_a_reason_in_a_sentence() -> None:
    for found in (made(), made(BATCHED)):
        told = list(reasons(found))
        assert len({one.name for one in told}) == len(told) == 14
        assert all(one.sentence.endswith(".") and len(one.sentence) > 20 for one in told)
