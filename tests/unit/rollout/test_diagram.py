"""The picture of the states is what the transition function does."""

from pathlib import Path

from gateway.rollout.diagram import NOWHERE, mermaid, moves
from gateway.rollout.traffic import VersionState

PAGE = Path(__file__).parents[3] / "docs/rollout.md"


def test_the_page_s_picture_is_up_to_date() -> None:
    told = f"```mermaid\n{mermaid()}\n```"
    assert told in PAGE.read_text(), "python -m gateway.rollout.diagram prints it"


def test_every_state_is_reached_and_none_is_a_dead_end() -> None:
    found = moves()
    assert {move.after for move in found} == {state.value for state in VersionState}
    assert {move.before for move in found} == {NOWHERE, *(state.value for state in VersionState)}


def test_nothing_becomes_stable_without_a_promotion_a_rollback_or_the_beginning() -> None:
    ways = {move.action for move in moves() if move.after == "stable"}
    assert ways == {"begin", "promote", "rollback"}


def test_a_stable_version_is_only_moved_aside_by_another() -> None:
    assert all(move.is_other for move in moves() if move.before == "stable")
