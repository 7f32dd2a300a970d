"""Which slot serves what: the stable version is never touched, and nothing goes back and forth."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.slots.plan import Observed, Plan, Slot, plan

EMPTY = Observed()
VERSIONS = st.integers(1, 5)
OBSERVED = st.builds(Observed, st.none() | VERSIONS, st.booleans())
SLOTS = st.fixed_dictionaries(dict.fromkeys(Slot, OBSERVED))


def running(version: int) -> Observed:
    return Observed(version, is_running=True)


def stopped(version: int) -> Observed:
    return Observed(version, is_running=False)


def made(planned: Plan, slots: Mapping[Slot, Observed]) -> dict[Slot, Observed]:
    """The slots after a plan was carried out."""
    return {slot: stopped(slots[slot].version or 1) if v is None else running(v) for slot, v in planned.items()}


@pytest.mark.parametrize(
    ("a", "b", "stable", "other", "wanted"),
    [
        (EMPTY, EMPTY, 1, None, (1, None)),
        (running(1), EMPTY, 1, None, (1, None)),
        (running(1), EMPTY, 1, 2, (1, 2)),
        (running(1), running(2), 2, 1, (1, 2)),
        (running(1), running(2), 2, None, (None, 2)),
        (stopped(1), running(2), 2, 3, (3, 2)),
        (running(1), running(3), 2, 3, (2, 3)),
        (stopped(1), running(1), 1, None, (None, 1)),
        (running(7), stopped(8), 1, None, (None, 1)),
    ],
)
def test_the_stable_version_stays_where_it_is_and_the_other_one_gets_the_other_slot(
    a: Observed, b: Observed, stable: int, other: int | None, wanted: tuple[int | None, int | None]
) -> None:
    planned = plan(stable, other, {Slot.A: a, Slot.B: b})
    assert (planned[Slot.A], planned[Slot.B]) == wanted


def test_a_version_that_was_wanted_a_moment_ago_stays_unless_its_slot_is_needed() -> None:
    slots = {Slot.A: running(1), Slot.B: running(2)}
    assert plan(1, None, slots, recent={2})[Slot.B] == 2
    assert plan(1, 3, slots, recent={2})[Slot.B] == 3
    assert plan(1, None, slots)[Slot.B] is None


@given(slots=SLOTS, stable=VERSIONS, other=st.none() | VERSIONS, recent=st.sets(VERSIONS))
def test_a_slot_that_serves_the_stable_version_is_never_touched(
    slots: dict[Slot, Observed], stable: int, other: int | None, recent: set[int]
) -> None:
    planned = plan(stable, other, slots, recent)
    if any(one.serves(stable) for one in slots.values()):
        assert any(slots[slot].serves(stable) and planned[slot] == stable for slot in Slot)
    assert stable in planned.values()
    if other is not None:
        assert other in planned.values()


@given(slots=SLOTS, stable=VERSIONS, other=st.none() | VERSIONS, recent=st.sets(VERSIONS))
def test_a_plan_that_was_carried_out_is_the_plan_again(
    slots: dict[Slot, Observed], stable: int, other: int | None, recent: set[int]
) -> None:
    planned = plan(stable, other, slots, recent)
    assert plan(stable, other, made(planned, slots), recent) == planned


@given(slots=SLOTS, first=VERSIONS, second=VERSIONS, recent=st.sets(VERSIONS))
def test_a_promotion_and_a_rollback_change_no_slot(
    slots: dict[Slot, Observed], first: int, second: int, recent: set[int]
) -> None:
    planned = plan(first, second, slots, recent)
    if first != second:
        assert plan(second, first, made(planned, slots), recent) == planned


@given(slots=SLOTS, stable=VERSIONS, other=st.none() | VERSIONS)
def test_no_version_is_in_both_slots(slots: dict[Slot, Observed], stable: int, other: int | None) -> None:
    planned = [version for version in plan(stable, other, slots, ()).values() if version is not None]
    assert len(planned) == len({*planned}) == len({stable} | ({other} - {None}))
