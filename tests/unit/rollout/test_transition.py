"""The transition function: what may become of a version, and what always holds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from contract.errors import TriremeError, VersionUnknown
from gateway.rollout.actions import (
    Action,
    Announce,
    Begin,
    Canary,
    Fail,
    Promote,
    Prove,
    Retire,
    Rollback,
    Shadow,
    Unload,
)
from gateway.rollout.errors import TransitionRefused
from gateway.rollout.traffic import Traffic, VersionState
from gateway.rollout.transition import transition

STABLE, CANARY, CANDIDATE, RETIRED = (
    VersionState.STABLE,
    VersionState.CANARY,
    VersionState.CANDIDATE,
    VersionState.RETIRED,
)


def after(*actions: Action) -> Traffic:
    traffic: Traffic | None = None
    for action in actions:
        traffic, _ = transition("tiny", traffic, action)
    assert traffic is not None
    return traffic


def states(traffic: Traffic) -> dict[int, VersionState]:
    return {one.version: one.state for one in traffic.versions}


BEGUN = (Begin(1), Announce(2), Prove(2))


def test_a_published_version_becomes_a_candidate_then_a_canary_then_stable_and_the_old_one_stays_loaded() -> None:
    assert states(after(Begin(1), Announce(2))) == {1: STABLE, 2: CANDIDATE}
    assert after(*BEGUN, Canary(2, 10)).weights == {"1": 90, "2": 10}
    assert after(*BEGUN, Canary(2, 10), Canary(2, 50)).weights == {"1": 50, "2": 50}
    promoted = after(*BEGUN, Canary(2, 10), Promote(2))
    assert (states(promoted), promoted.weights, promoted.wanted) == (
        {1: RETIRED, 2: STABLE},
        {"2": 100},
        frozenset({1, 2}),
    )


def test_a_rollback_ends_the_canary_or_goes_to_the_stable_version_before_and_not_back_again() -> None:
    ended = after(*BEGUN, Canary(2, 10), Rollback())
    assert (states(ended), ended.weights) == ({1: STABLE, 2: RETIRED}, {"1": 100})
    back = after(*BEGUN, Promote(2), Rollback())
    assert (states(back), back.weights) == ({1: STABLE, 2: RETIRED}, {"1": 100})
    with pytest.raises(TransitionRefused, match="neither a canary nor"):
        transition("tiny", back, Rollback())


def test_a_version_that_is_not_proven_answers_nobody() -> None:
    for action in (Canary(2, 10), Promote(2)):
        with pytest.raises(TransitionRefused, match="golden examples not yet"):
            transition("tiny", after(Begin(1), Announce(2)), action)
    failed = after(Begin(1), Announce(2), Fail(2))
    assert states(failed)[2] is RETIRED
    with pytest.raises(TransitionRefused, match="wrongly; as a shadow"):
        transition("tiny", failed, Promote(2))


def test_a_version_that_was_unloaded_has_to_prove_itself_anew() -> None:
    traffic = after(*BEGUN, Promote(2), Announce(3), Prove(3), Promote(3))
    assert traffic.previous == 2
    assert 1 not in traffic.wanted
    with pytest.raises(TransitionRefused, match="as a shadow it would be loaded"):
        transition("tiny", traffic, Promote(1))
    again = transition("tiny", transition("tiny", traffic, Shadow(1))[0], Prove(1))[0]
    assert states(transition("tiny", again, Promote(1))[0]) == {1: STABLE, 2: RETIRED, 3: RETIRED}


def test_there_is_one_canary_and_one_shadow_and_both_can_be_given_up() -> None:
    traffic = after(*BEGUN, Canary(2, 10), Announce(3), Prove(3))
    for action in (Canary(3, 10), Promote(3)):
        with pytest.raises(TransitionRefused, match="Version 2 is the canary"):
            transition("tiny", traffic, action)
    shadowed = transition("tiny", transition("tiny", traffic, Announce(4))[0], Shadow(3))[0]
    with pytest.raises(TransitionRefused, match="Version 3 is the shadow"):
        transition("tiny", shadowed, Shadow(4))
    assert transition("tiny", shadowed, Retire(3))[0].shadow is None
    assert transition("tiny", shadowed, Retire(2))[0].weights == {"1": 100}


@pytest.mark.parametrize(
    "action",
    [Begin(1), Announce(1), Canary(1, 10), Canary(2, 0), Canary(2, 100), Shadow(1), Promote(1), Retire(1), Fail(1)],
)
def test_what_makes_no_sense_is_refused(action: Action) -> None:
    with pytest.raises(TransitionRefused):
        transition("tiny", after(*BEGUN), action)


def test_an_unknown_version_and_a_model_without_traffic_are_told() -> None:
    with pytest.raises(VersionUnknown):
        transition("tiny", after(Begin(1)), Promote(9))
    with pytest.raises(TransitionRefused, match="not kept yet"):
        transition("tiny", None, Promote(1))


def test_with_two_places_the_way_back_comes_before_the_next_version_and_after_what_was_chosen() -> None:
    promoted = after(*BEGUN, Promote(2), Announce(3))
    assert promoted.wanted_in(2) == {1, 2}
    assert promoted.wanted_in(None) == {1, 2, 3}
    with pytest.raises(TransitionRefused, match="not to be loaded"):
        transition("tiny", promoted, Prove(3), places=2)
    chosen, _ = transition("tiny", promoted, Shadow(3), places=2)
    assert chosen.wanted_in(2) == {2, 3}
    assert not chosen.find(1).proven
    with pytest.raises(TransitionRefused, match="as a shadow it would be loaded"):
        transition("tiny", chosen, Rollback(), places=2)
    given_up, _ = transition("tiny", chosen, Retire(3), places=2)
    proven, _ = transition("tiny", given_up, Prove(1), places=2)
    assert transition("tiny", proven, Rollback(), places=2)[0].stable.version == 1


def test_what_need_not_stay_loaded_makes_room_and_is_no_way_back() -> None:
    promoted = after(*BEGUN, Promote(2), Announce(3))
    with pytest.raises(TransitionRefused, match="not the one that was stable before"):
        transition("tiny", promoted, Unload(3))
    after_it, change = transition("tiny", promoted, Unload(1), places=2)
    assert (change.action, change.version, change.after) == ("unload", 1, RETIRED)
    assert after_it.wanted_in(2) == {2, 3}
    with pytest.raises(TransitionRefused, match="neither a canary nor"):
        transition("tiny", after_it, Rollback(), places=2)


def test_a_change_is_told_with_the_states_before_and_after() -> None:
    _, change = transition("tiny", after(*BEGUN), Promote(2))
    assert (change.action, change.version, change.before, change.after) == ("promote", 2, CANDIDATE, STABLE)


class Rollouts(RuleBasedStateMachine):
    """Any actions in any order."""

    versions = Bundle("versions")

    @initialize(older=st.integers(0, 3), places=st.sampled_from([None, 2, 3]))
    def begin(self, older: int, places: int | None) -> None:
        last = older or None
        self.places = places
        self.traffic, _ = transition("tiny", None, Begin(older + 1, tuple(range(1, older + 1)), last))

    @rule(target=versions, version=st.integers(1, 12))
    def announce(self, version: int) -> int:
        self.act(Announce(version))
        return version

    @rule(version=versions, kind=st.sampled_from([Prove, Fail, Shadow, Promote, Unload, Retire]))
    def act_on(self, version: int, kind: type[Prove | Fail | Shadow | Promote | Unload | Retire]) -> None:
        self.act(kind(version))

    @rule(version=versions, weight=st.integers(-1, 101))
    def give_weight(self, version: int, weight: int) -> None:
        self.act(Canary(version, weight))

    @rule()
    def roll_back(self) -> None:
        self.act(Rollback())

    @rule(version=consumes(versions))
    def prove_and_promote(self, version: int) -> None:
        self.act(Prove(version))
        self.act(Promote(version))

    def act(self, action: Action) -> None:
        before = self.traffic
        try:
            self.traffic, change = transition("tiny", before, action, places=self.places)
        except TriremeError:
            return
        assert self.traffic.revision == before.revision + 1
        assert self.traffic.find(change.version).state is change.after

    @invariant()
    def the_rules_hold(self) -> None:
        versions = self.traffic.versions
        assert sum(one.weight for one in versions) == 100
        assert [one.state for one in versions].count(STABLE) == 1
        assert [one.state for one in versions].count(CANARY) <= 1
        assert sum(one.shadow for one in versions) <= 1
        answering = {one.version for one in versions if one.weight}
        loaded = self.traffic.wanted_in(self.places)
        assert self.places is None or len(loaded) <= self.places
        assert answering <= loaded
        assert all(one.proven for one in versions if one.weight)
        assert all(one.version in loaded for one in versions if one.proven)
        assert self.traffic.previous is None or self.traffic.find(self.traffic.previous).state is RETIRED
        assert [one.version for one in versions] == sorted({one.version for one in versions})


TestRollouts = Rollouts.TestCase
TestRollouts.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
