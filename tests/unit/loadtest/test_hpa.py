"""The autoscaler's algorithm, against cases from Kubernetes' documentation and KEP-853, computed by hand."""

import pytest

from loadtest.capacity.hpa import DOWN, UP, Autoscaler, Policy, Rules, by_pods, by_total

AT_ONCE = Rules((Policy("Percent", 100, 15),), stabilization_s=0)


@pytest.mark.parametrize(
    ("total", "replicas"),
    [
        (4 * 200, 8),  # 200m where 100m is wanted: twice as many
        (4 * 50, 2),  # 50m: half of them
        (4 * 110, 4),  # within the tolerance of 0.1
        (4 * 90, 4),
        (4 * 111, 5),
        (4 * 89, 4),  # 3.56, rounded up
        (0, 0),
    ],
)
def test_replicas_are_the_ratio_of_the_metric_to_its_target_rounded_up(total: float, replicas: int) -> None:
    assert by_total(total, 100, 4, UP, DOWN) == replicas


def test_another_tolerance_is_its_own_in_each_direction() -> None:
    up, down = Rules(UP.policies, tolerance=0.02), Rules(DOWN.policies, tolerance=0.3)
    assert by_total(4 * 103, 100, 4, up, down) == 5
    assert by_total(4 * 75, 100, 4, up, down) == 4


@pytest.mark.parametrize(
    ("values", "ready", "unready", "replicas"),
    [
        (2 * 2.0, 2, 0, 4),
        (2 * 2.0, 2, 2, 4),  # those that start count as zero: 4.0 over four pods is the target
        (2 * 4.0, 2, 2, 8),
        (2 * 1.5, 2, 2, 4),  # it would turn from up to down: nothing is done
        (2 * 0.5, 2, 0, 1),
        (0.0, 0, 1, 1),
    ],
)
def test_pods_that_start_damp_the_way_up(values: float, ready: int, unready: int, replicas: int) -> None:
    current = ready + unready
    assert by_pods(values, ready=ready, unready=unready, target=1, current=current, up=UP, down=DOWN) == replicas


def test_the_larger_of_two_policies_down_is_taken_as_the_documentation_counts_it() -> None:
    """80 replicas, 4 pods or 10 % a minute: 8 go, then 8 of 72 (7.2 rounded up); below 40 it is 4 at a time."""
    down = Rules((Policy("Pods", 4, 60), Policy("Percent", 10, 60)))
    scaler = Autoscaler(1, 100, down=down)
    replicas, seen = 80, []
    for minute in range(1, 14):
        replicas = scaler.decide(minute * 61.0, replicas, 10)
        seen.append(replicas)
    assert seen == [72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12]


def test_up_as_fast_as_nine_hundred_percent_a_minute() -> None:
    scaler = Autoscaler(1, 10_000, up=Rules((Policy("Percent", 900, 60),)))
    replicas, seen = 1, []
    for minute in range(1, 4):
        replicas = scaler.decide(minute * 61.0, replicas, 5000)
        seen.append(replicas)
    assert seen == [10, 100, 1000]


def test_within_a_period_a_policy_counts_what_was_added_already() -> None:
    scaler = Autoscaler(1, 100, up=Rules((Policy("Pods", 4, 60),)))
    assert [scaler.decide(15, 1, 50), scaler.decide(30, 5, 50), scaler.decide(76, 5, 50)] == [5, 5, 9]


def test_where_nothing_is_said_it_doubles_or_adds_four_each_fifteen_seconds() -> None:
    scaler = Autoscaler(1, 100)
    assert [scaler.decide(16, 1, 50), scaler.decide(32, 5, 50), scaler.decide(48, 10, 50)] == [5, 10, 20]


def test_down_waits_for_the_highest_recommendation_of_five_minutes_to_pass() -> None:
    scaler = Autoscaler(1, 100)
    seen = [scaler.decide(time, 10, wanted) for time, wanted in ((0, 10), (15, 3), (299, 3), (315, 3))]
    assert seen == [10, 10, 10, 3]


def test_up_waits_for_the_lowest_recommendation_of_its_window() -> None:
    scaler = Autoscaler(1, 100, up=Rules(AT_ONCE.policies, stabilization_s=60))
    assert [scaler.decide(0, 2, 2), scaler.decide(15, 2, 4), scaler.decide(75, 2, 4)] == [2, 2, 4]


def test_bounds_hold_and_a_direction_can_be_switched_off() -> None:
    scaler = Autoscaler(2, 6, up=AT_ONCE, down=Rules(AT_ONCE.policies, select="Disabled"))
    assert scaler.decide(0, 5, 50) == 6
    assert scaler.decide(60, 6, 1) == 6
    assert Autoscaler(2, 6).decide(0, 1, 1) == 2
    assert Autoscaler(2, 6, down=AT_ONCE).decide(0, 4, 1) == 2
