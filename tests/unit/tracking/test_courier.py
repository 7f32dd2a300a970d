import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from training.tracking import courier
from training.tracking.courier import FULL, GONE, Courier
from training.tracking.notes import Aliases, Ending, Outcome, Point, Run, Version
from training.tracking.settings import TrackingSettings

RUN = Run(id="r", model="m", parameters={}, tags={})
POINT = Point(number=1, metrics={"loss": 1.0})
ECHO = """
import json, sys
def answer(*said): print(json.dumps(said), flush=True)
sys.stdin.readline()
answer()
for line in sys.stdin:
    answer(json.loads(line)["kind"])
answer("end")
"""
HANGS = "import sys, time; sys.stdin.readline(); print([], flush=True); time.sleep(600)"
NEVER_STARTS = "import time; time.sleep(600)"
DIES = "import sys; sys.stdin.readline(); print([], flush=True); sys.stdin.readline()"


class Said(list[str]):
    """What was told, and how long closing took."""

    seconds = 0.0


def carried(program: str, patience_s: float = 10.0, notes: tuple[Any, ...] = (RUN,)) -> Said:
    said = Said()
    settings = TrackingSettings(_env_file=None, tracking_timeout_s=patience_s)
    tracker = Courier(settings, said.append, (sys.executable, "-c", program))
    for note in notes:
        note.give_to(tracker)
    begun = time.monotonic()
    tracker.close()
    said.seconds = time.monotonic() - begun
    assert tracker._process is None or tracker._process.returncode is not None
    return said


def test_every_kind_of_note_reaches_the_process_in_order(tmp_path: Path) -> None:
    outcome = Outcome(parameters={}, tags={}, metrics={}, folder=tmp_path, files=())
    version = Version(run=RUN, version=1, first=True, metrics={}, folder=tmp_path, files=())
    ending, aliases = Ending(reason="x", interrupted=True), Aliases(model="m", aliases=())
    notes = (RUN, POINT, outcome, version, aliases, ending)
    assert carried(ECHO, notes=notes) == [note.kind for note in notes] + ["end"]


@pytest.mark.parametrize("program", [HANGS, NEVER_STARTS])
def test_a_process_that_hangs_is_left_behind_when_the_patience_is_over(program: str) -> None:
    said = carried(program, patience_s=0.5)
    assert said == ["The trackers didn't finish in 0.5 s, and were left behind; the run's folder has all."]
    assert said.seconds < 10


def test_after_a_failure_nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "PATIENCE_AFTER_FAILURE_S", 0.5)
    said = carried(HANGS, patience_s=600, notes=(RUN, Ending(reason="Interrupted.", interrupted=True)))
    assert said.seconds < 30
    assert len(said) == 1


@pytest.mark.parametrize("program", [DIES, "raise SystemExit(1)"])
def test_a_process_that_dies_is_told_of_once(program: str) -> None:
    assert carried(program, notes=(RUN, POINT, POINT)) == [GONE]


def test_a_process_that_can_t_be_started_is_told_of_once() -> None:
    said: list[str] = []
    tracker = Courier(TrackingSettings(_env_file=None), said.append, ("/nowhere/python",))
    tracker.start(RUN)
    tracker.close()
    assert said == [GONE]


def test_a_process_that_was_told_nothing_is_not_waited_for() -> None:
    said = carried(NEVER_STARTS, patience_s=600, notes=())
    assert said == []
    assert said.seconds < 30


def test_notes_beyond_what_memory_is_given_for_are_dropped_and_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "MAX_QUEUE", 5)
    said = carried(HANGS, patience_s=0.5, notes=(RUN,) + (POINT,) * 50)
    assert said[0] == FULL
    assert len(said) == 2


def test_telling_takes_no_time_while_the_process_hangs() -> None:
    settings = TrackingSettings(_env_file=None, tracking_timeout_s=0.1)
    tracker = Courier(settings, lambda _: None, (sys.executable, "-c", NEVER_STARTS))
    begun = time.monotonic()
    for _ in range(100):
        tracker.epoch(POINT)
    assert time.monotonic() - begun < 1
    tracker.close()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    import threading

    assert [thread.name for thread in threading.enumerate() if thread.name == "tracking"] == []
