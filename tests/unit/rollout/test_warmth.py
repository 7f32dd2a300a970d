"""How long the way back stays open where places are few."""

from gateway.rollout.actions import Announce, Begin, Promote, Prove, Rollback, Unload
from gateway.rollout.warmth import Warmth
from tests.unit.rollout.test_transition import after

PROMOTED = (Begin(1), Announce(2), Prove(2), Promote(2))


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_begins_with_the_promotion_and_anew_with_the_next_one() -> None:
    clock = Clock()
    warmth = Warmth(60, clock=clock)
    assert not warmth.is_over(after(Begin(1)))
    promoted = after(*PROMOTED)
    for now, is_over in ((10, False), (69, False), (70, True)):
        clock.now = now
        assert warmth.is_over(promoted) is is_over
    again = after(*PROMOTED, Announce(3), Prove(3), Promote(3))
    assert not warmth.is_over(again)
    clock.now = 130
    assert warmth.is_over(again)


def test_without_a_way_back_nothing_is_over() -> None:
    clock = Clock()
    warmth = Warmth(60, clock=clock)
    warmth.is_over(after(*PROMOTED))
    clock.now = 100
    assert not warmth.is_over(after(*PROMOTED, Rollback()))
    assert not warmth.is_over(after(*PROMOTED, Unload(1)))
    assert not warmth.is_over(after(*PROMOTED))
