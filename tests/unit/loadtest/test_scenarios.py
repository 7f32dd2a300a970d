"""How many users there are over time."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.curves import BURST, DIURNAL, RAMP, STEADY, users_at
from loadtest.errors import ScenarioUnknown
from loadtest.scenarios import SCENARIOS, scenario

CURVES = {"steady": STEADY, "ramp": RAMP, "burst": BURST, "diurnal": DIURNAL}


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_a_curve_goes_from_the_start_to_the_end_and_reaches_its_peak(curve: list[tuple[float, float]]) -> None:
    assert (curve[0][0], curve[-1][0]) == (0, 1)
    assert all(before[0] <= after[0] for before, after in pairwise(curve))
    assert max(users for _, users in curve) == pytest.approx(1)


@given(st.sampled_from(sorted(CURVES)), st.floats(0, 2))
def test_users_are_always_a_share(name: str, time: float) -> None:
    assert 0 <= users_at(CURVES[name], time) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("name", "time", "share"),
    [
        ("ramp", 0.4, 0.5),
        ("ramp", 0.9, 1),
        ("burst", 0.29, 0.1),
        ("burst", 0.3, 1),
        ("burst", 0.4, 0.1),
        ("burst", 1, 0.1),
        ("diurnal", 0, 0.1),
        ("diurnal", 0.25, 1),
        ("diurnal", 0.5, 0.1),
        ("steady", 0.5, 1),
    ],
)
def test_users_follow_the_curve(name: str, time: float, share: float) -> None:
    assert users_at(CURVES[name], time) == pytest.approx(share)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_has_users_until_it_is_over(name: str) -> None:
    chosen = scenario(name)
    there = [chosen.users_at(chosen.seconds * step / 1000) for step in range(1000)]
    assert all(users is not None and 1 <= users <= chosen.users for users in there)
    assert chosen.users in there
    assert chosen.users_at(chosen.seconds) is None


def test_a_scenario_may_have_another_peak_and_another_time() -> None:
    changed = scenario("ramp").changed(10, 100)
    assert changed.users_at(40) == 5
    assert changed.users_at(100) is None
    assert scenario("ramp").changed(None, None) == scenario("ramp")


def test_an_unknown_scenario_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ScenarioUnknown, match=r"no scenario 'x'; there are steady-50, .*diurnal"):
        scenario("x")
