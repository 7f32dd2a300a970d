"""The story of a model's versions, as a tree."""

from typing import Any

from rich.console import Console

from trireme.story import came_from, story


def version(number: int, **changes: Any) -> dict[str, Any]:
    given = dict.fromkeys(("parent", "challenged", "job", "rule", "last_event", "last_verdict", "roc_auc"))
    given |= {"version": number, "state": "retired", "weight": 0, "shadow": False, "failed": False}
    given |= {
        "accuracy": 0.8311,
        "macro_f1": 0.83,
        "source": "cifar10",
        "batches": 0,
        "created": "2026-11-30T12:00:00Z",
    }
    return {**given, **changes}


def event(number: int, action: str, principal: str, note: str = "") -> dict[str, Any]:
    return {"number": number, "action": action, "principal": principal, "note": note, "time": "2026-11-30T12:10:00Z"}


def printed(*versions: dict[str, Any], running: dict[str, Any] | None = None) -> list[str]:
    console = Console(width=100, highlight=False)
    with console.capture() as capture:
        console.print(story({"model": "cifar10", "revision": 7, "versions": list(versions)}, running))
    return capture.get().splitlines()


def depth(lines: list[str], what: str) -> int:
    (line,) = (line for line in lines if what in line)
    return line.index(what)


def test_a_version_hangs_on_the_one_that_it_had_to_hold_against_or_was_tuned_from() -> None:
    versions = version(1), version(2, challenged=1), version(3, parent="cifar10-v2"), version(4, parent="pets-v1")
    lines = printed(*versions)
    assert lines[0] == "cifar10, revision 7 of the traffic"
    first, second, third, fourth = (depth(lines, f"version {number}  ") for number in (1, 2, 3, 4))
    assert first == fourth < second < third
    assert any("fine-tuned from pets-v1" in line for line in lines)


def test_a_version_that_names_none_that_is_there_hangs_on_the_model() -> None:
    known = {1, 2, 3}
    assert came_from("cifar10", version(3, challenged=9), known) is None
    assert came_from("cifar10", version(2, parent="cifar10-v3"), known) is None
    assert came_from("cifar10", version(3, parent="cifar10-v1", challenged=2), known) == 1


def test_what_became_of_each_is_told_once() -> None:
    verdict = event(5, "promote", "judge:criteria", "The canary is no worse.")
    (title, *lines) = printed(version(1, state="stable", weight=90, last_event=verdict, last_verdict=verdict))[1:]
    assert title == "└── version 1  stable, 90 % of the traffic"
    assert lines[0].strip() == "accuracy 83.11%, macro F1 0.830"
    assert lines[1].strip() == "published 2026-11-30 12:00, from cifar10"
    assert [line.strip() for line in lines[2:]] == [
        "2026-11-30 12:10 promote by judge:criteria: The canary is no worse."
    ]


def test_an_older_verdict_comes_before_the_last_event() -> None:
    told = printed(
        version(1, last_verdict=event(3, "promote", "judge:time"), last_event=event(8, "rollback", "user:eve"))
    )
    assert [line.split()[-1] for line in told[-2:]] == ["judge:time", "user:eve"]


def test_a_running_canary_is_told_with_what_the_judge_says_now() -> None:
    running = {"verdict": {"decision": "wait", "sentence": "Of 500 answers each, the canary has 120."}}
    lines = printed(version(1, state="stable", weight=90), version(2, state="canary", weight=10), running=running)
    assert lines[-1].strip() == "judge now: wait. Of 500 answers each, the canary has 120."
    assert not any("judge now" in line for line in printed(version(2, state="canary", weight=10)))


def test_a_retrain_is_told_with_its_rule_and_a_version_without_a_card_without_figures() -> None:
    made = version(2, challenged=1, job="019a", rule="It is better.", batches=3)
    lines = printed(version(1, accuracy=None, macro_f1=None, source=None, failed=True), made)
    assert lines[1].endswith("version 1  retired (failed)")
    assert lines[2].strip().endswith("not in the repository any more")
    assert any("from cifar10 and 3 uploaded batches" in line for line in lines)
    assert any("retrained by job 019a, against version 1: It is better." in line for line in lines)


def test_markup_in_notes_stays_text() -> None:
    assert any(
        "[red]x[/red]" in line
        for line in printed(version(1, last_event=event(1, "promote", "user:eve", "[red]x[/red]")))
    )
