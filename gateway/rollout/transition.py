"""The one function by which a model's traffic changes; it is pure."""

from dataclasses import dataclass
from typing import Any, assert_never

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
from gateway.rollout.traffic import WHOLE, Traffic, VersionState, VersionTraffic

NOTHING = {"weight": 0, "shadow": False}


@dataclass(frozen=True)
class Change:
    """What an action did."""

    action: str
    version: int
    before: VersionState | None
    """None where nothing was known of the version."""
    after: VersionState


def transition(
    model: str, traffic: Traffic | None, action: Action, *, places: int | None = None
) -> tuple[Traffic, Change]:
    """The traffic after an action; None stands for a model that nothing is known of.

    `places` is how many versions of a model can be loaded at once; None: all that are wanted.

    Raises `VersionUnknown` or `TransitionRefused`.
    """
    if isinstance(action, Begin):
        return _begun(model, traffic, action)
    if traffic is None:
        raise TransitionRefused(f"The traffic of model {model!r} is not kept yet: its version is not proven.")
    version, after = _done(traffic, action, places)
    after = _forgetting(after.model_copy(update={"revision": traffic.revision + 1}), places)
    before = traffic.find(version).state if traffic.knows(version) else None
    name = type(action).__name__.lower()
    return Traffic.model_validate(after.model_dump()), Change(name, version, before, after.find(version).state)


def _done(  # noqa: C901, PLR0911 - a case an action
    traffic: Traffic, action: Action, places: int | None
) -> tuple[int, Traffic]:
    """The version that the action is about, and the traffic after it."""
    match action:
        case Announce(version):
            return version, _announced(traffic, version)
        case Prove(version):
            return version, _with(traffic, _changed(_loaded(traffic, version, places), proven=True, failed=False))
        case Fail(version):
            return version, _failed(traffic, version, places)
        case Canary(version, weight):
            return version, _canary(traffic, version, weight, places)
        case Shadow(version):
            return version, _shadow(traffic, version)
        case Promote(version):
            return version, _promoted(traffic, version, places)
        case Rollback():
            return _rolled_back(traffic, places)
        case Unload(version):
            return version, _unloaded(traffic, version)
        case Retire(version):
            return version, _retired(traffic, version)
        case Begin():
            raise TransitionRefused("The model's traffic is kept already.")
        case _:
            assert_never(action)


def _begun(model: str, traffic: Traffic | None, action: Begin) -> tuple[Traffic, Change]:
    if traffic is not None:
        raise TransitionRefused("The model's traffic is kept already.")
    stable = VersionTraffic(version=action.version, state=VersionState.STABLE, weight=WHOLE, proven=True)
    older = [VersionTraffic(version=one, state=VersionState.RETIRED) for one in action.older]
    found = Traffic(model=model, revision=1, versions=_sorted([stable, *older]), previous=action.previous)
    return found, Change("begin", action.version, None, VersionState.STABLE)


def _announced(traffic: Traffic, version: int) -> Traffic:
    if traffic.knows(version):
        raise TransitionRefused(f"Version {version} was announced before.")
    candidate = VersionTraffic(version=version, state=VersionState.CANDIDATE)
    return traffic.model_copy(update={"versions": _sorted([*traffic.versions, candidate])})


def _failed(traffic: Traffic, version: int, places: int | None) -> Traffic:
    found = _loaded(traffic, version, places)
    if found.state is VersionState.STABLE:
        raise TransitionRefused("A stable version is not retired before there is another.")
    return _without(traffic, found, failed=True, proven=False)


def _canary(traffic: Traffic, version: int, weight: int, places: int | None) -> Traffic:
    found, running = _proven(traffic, version, places), traffic.canary
    if not 0 < weight < WHOLE:
        raise TransitionRefused("A canary has 1 to 99 percent; promote it to give it all.")
    if found.state is VersionState.STABLE:
        raise TransitionRefused(f"Version {version} is stable already.")
    if running is not None and running.version != version:
        raise TransitionRefused(f"Version {running.version} is the canary; promote it or roll it back first.")
    canary = _changed(found, state=VersionState.CANARY, weight=weight, shadow=False)
    after = _with(traffic, canary, _changed(traffic.stable, weight=WHOLE - weight))
    return after.model_copy(update={"previous": None}) if traffic.previous == version else after


def _shadow(traffic: Traffic, version: int) -> Traffic:
    found, other = traffic.find(version), traffic.shadow
    if found.state not in {VersionState.CANDIDATE, VersionState.RETIRED}:
        raise TransitionRefused(f"Version {version} answers callers already.")
    if other is not None:
        raise TransitionRefused(f"Version {other.version} is the shadow; retire or promote it first.")
    after = _with(traffic, _changed(found, state=VersionState.CANDIDATE, shadow=True, failed=False))
    return after.model_copy(update={"previous": None}) if traffic.previous == version else after


def _promoted(traffic: Traffic, version: int, places: int | None) -> Traffic:
    found, running, stable = _proven(traffic, version, places), traffic.canary, traffic.stable
    if found.state is VersionState.STABLE:
        raise TransitionRefused(f"Version {version} is stable already.")
    if running is not None and running.version != version:
        raise TransitionRefused(f"Version {running.version} is the canary; promote it or roll it back first.")
    new = _changed(found, state=VersionState.STABLE, weight=WHOLE, shadow=False)
    old = _changed(stable, state=VersionState.RETIRED, weight=0)
    return _with(traffic, new, old).model_copy(update={"previous": stable.version})


def _rolled_back(traffic: Traffic, places: int | None) -> tuple[int, Traffic]:
    if traffic.canary is not None:
        return traffic.canary.version, _without(traffic, traffic.canary)
    if traffic.previous is None:
        raise TransitionRefused("There is neither a canary nor a stable version before to go back to.")
    after = _promoted(traffic, traffic.previous, places)
    # Not back again to the one that was left: whoever rolls back twice would have it again.
    return traffic.previous, after.model_copy(update={"previous": None})


def _unloaded(traffic: Traffic, version: int) -> Traffic:
    if version != traffic.previous:
        raise TransitionRefused(f"Version {version} is not the one that was stable before.")
    return traffic.model_copy(update={"previous": None})


def _retired(traffic: Traffic, version: int) -> Traffic:
    found = traffic.find(version)
    if found.state in {VersionState.STABLE, VersionState.RETIRED}:
        raise TransitionRefused(f"Version {version} is {found.state.value}.")
    return _without(traffic, found)


def _without(traffic: Traffic, found: VersionTraffic, **changes: Any) -> Traffic:
    """A version is given up, and the stable one has its weight."""
    gone = _changed(found, state=VersionState.RETIRED, **NOTHING, **changes)
    after = _with(traffic, gone)
    stable = after.stable
    after = _with(after, _changed(stable, weight=stable.weight + found.weight))
    return after.model_copy(update={"previous": None}) if traffic.previous == found.version else after


def _proven(traffic: Traffic, version: int, places: int | None) -> VersionTraffic:
    found = traffic.find(version)
    if not found.proven:
        how = "it answered its golden examples " + ("wrongly" if found.failed else "not yet")
        more = "" if version in traffic.wanted_in(places) else "; as a shadow it would be loaded and asked"
        raise TransitionRefused(f"Version {version} can't answer callers: {how}{more}.")
    return found


def _loaded(traffic: Traffic, version: int, places: int | None) -> VersionTraffic:
    found = traffic.find(version)
    if version not in traffic.wanted_in(places):
        raise TransitionRefused(f"Version {version} is not to be loaded.")
    return found


def _forgetting(traffic: Traffic, places: int | None) -> Traffic:
    """What isn't loaded any more has to prove itself anew."""
    gone = [one for one in traffic.versions if one.proven and one.version not in traffic.wanted_in(places)]
    return _with(traffic, *(_changed(one, proven=False) for one in gone))


def _changed(found: VersionTraffic, **changes: Any) -> VersionTraffic:
    return found.model_copy(update=changes)


def _with(traffic: Traffic, *changed: VersionTraffic) -> Traffic:
    known = {one.version: one for one in traffic.versions} | {one.version: one for one in changed}
    return traffic.model_copy(update={"versions": _sorted(known.values())})


def _sorted(versions: Any) -> tuple[VersionTraffic, ...]:
    return tuple(sorted(versions, key=lambda one: one.version))
