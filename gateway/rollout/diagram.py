"""`python -m gateway.rollout.diagram`: the states of a version and what moves it, found by trying every action.

Every traffic that three versions can come to is visited, so the picture shows what `transition` does and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from contract.errors import TriremeError
from gateway.rollout.actions import Action, Announce, Begin, Canary, Fail, Promote, Prove, Retire, Rollback, Shadow
from gateway.rollout.traffic import Traffic, VersionState
from gateway.rollout.transition import transition

MODEL, VERSIONS, WEIGHT = "any", (1, 2, 3), 10
NOWHERE = "[*]"
"""As Mermaid writes a beginning."""


class Move(NamedTuple):
    """A version's way from one state to another."""

    before: str
    after: str
    action: str
    is_other: bool
    """Whether the action was about another version, which moved this one aside."""


def moves() -> set[Move]:
    """All ways that there are."""
    found: set[Move] = set()
    seen: set[Traffic | None] = set()
    waiting: list[Traffic | None] = [None]
    while waiting:
        traffic = waiting.pop()
        if traffic in seen:
            continue
        seen.add(traffic)
        for action, after, version in _steps(traffic):
            found |= set(_moved(traffic, after, action, version))
            # How often it has changed is no matter here.
            waiting.append(after.model_copy(update={"revision": 0}))
    return found


def mermaid() -> str:
    """The picture, as Mermaid draws it."""
    labels: dict[tuple[str, str], list[str]] = defaultdict(list)
    for move in sorted(moves()):
        labels[move.before, move.after].append(f"another's {move.action}" if move.is_other else move.action)
    lines = [f"    {before} --> {after}: {', '.join(actions)}" for (before, after), actions in labels.items()]
    return "\n".join(["stateDiagram-v2", *lines])


def _steps(traffic: Traffic | None) -> Iterator[tuple[Action, Traffic, int]]:
    for action in _actions():
        try:
            after, change = transition(MODEL, traffic, action)
        except TriremeError:
            continue
        yield action, after, change.version


def _actions() -> Iterator[Action]:
    yield Begin(1)
    yield Rollback()
    for version in VERSIONS:
        for kind in (Announce, Prove, Fail, Shadow, Promote, Retire):
            yield kind(version)
        yield Canary(version, WEIGHT)


def _moved(before: Traffic | None, after: Traffic, action: Action, version: int) -> Iterator[Move]:
    then, now = _states(before), _states(after)
    name = type(action).__name__.lower()
    for one, state in now.items():
        known = then.get(one)
        if state is not known:
            yield Move(NOWHERE if known is None else known.value, state.value, name, one != version)


def _states(traffic: Traffic | None) -> dict[int, VersionState]:
    return {} if traffic is None else {one.version: one.state for one in traffic.versions}


if __name__ == "__main__":
    print(mermaid())
