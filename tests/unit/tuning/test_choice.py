"""Which candidate wins."""

import pytest

from training.engines.errors import TuningFailed
from training.engines.kinds import KINDS, PLAIN, Settings, kind
from training.engines.record import Candidate, Load
from training.tuning.choice import choose, front
from training.tuning.grid import QUICK, Effort, first_stage, placements, second_stage
from training.tuning.tuner import verdict


def candidate(name: str, *rounds: float, reason: str | None = None, errors: int = 0) -> Candidate:
    return Candidate(
        name=name,
        kind=name,
        settings="",
        engine=PLAIN.engine(Settings(), None),
        accuracy=0.8,
        loads=(load(*rounds, errors=errors),),
        reason=reason,
    )


def load(*rounds: float, errors: int = 0) -> Load:
    middle = sorted(rounds)[len(rounds) // 2]
    return Load(clients=64, throughput=middle, rounds=rounds, p50_ms=1, p95_ms=2, p99_ms=3, errors=errors)


def test_the_fastest_wins() -> None:
    assert choose([candidate("plain", 100, 110, 90), candidate("fast", 200, 210, 190)]).name == "fast"


def test_the_simpler_one_wins_when_it_is_nearly_as_fast() -> None:
    assert choose([candidate("plain", 96, 96, 96), candidate("fast", 100, 100, 100)]).name == "plain"


def test_the_simpler_one_wins_when_it_was_faster_in_one_of_the_rounds() -> None:
    assert choose([candidate("plain", 100, 250, 100), candidate("fast", 200, 210, 190)]).name == "plain"


def test_what_slows_down_a_whole_round_decides_nothing() -> None:
    assert choose([candidate("plain", 100, 20, 100), candidate("fast", 200, 40, 190)]).name == "fast"


def test_what_is_out_can_not_win() -> None:
    some = [candidate("plain", 100), candidate("fast", 200, reason="loses 1.00 points")]
    assert choose(some).name == "plain"


def test_without_any_candidate_there_is_one_sentence() -> None:
    with pytest.raises(TuningFailed, match="No engine"):
        choose([candidate("plain", 100, reason="it didn't load")])


@pytest.mark.parametrize(
    ("accuracy", "plain", "errors", "reason"),
    [
        (0.798, 0.8, 0, None),
        (0.81, 0.8, 0, None),
        (0.7979, 0.8, 0, "loses 0.21 points"),
        (0.8, 0.8, 3, "3 requests failed"),
        (0.8, None, 0, "no float32 answer"),
    ],
)
def test_two_tenths_of_a_point_may_be_lost(
    accuracy: float, plain: float | None, errors: int, reason: str | None
) -> None:
    found = verdict(accuracy, plain, [load(100, errors=errors)])
    assert found is None if reason is None else reason in str(found)


def test_only_points_that_no_other_beats_are_on_the_front() -> None:
    assert front([(1, 3), (2, 2), (3, 1), (1, 1), (2, 2)]) == [True, True, True, False, True]


def test_every_core_is_used_in_each_placement() -> None:
    assert placements(1) == [(1, 0)]
    assert placements(2) == [(1, 0), (2, 1)]
    assert placements(16) == [(1, 0), (8, 2)]


def test_the_second_stage_varies_the_finalists_and_takes_the_others_along() -> None:
    int8, openvino = kind("onnxruntime-int8"), kind("openvino")
    entries = second_stage([PLAIN, openvino, int8], [int8], Effort(), cores=2)
    assert [entry.kind for entry in entries] == [PLAIN, openvino] + [int8] * 6
    assert {entry.settings for entry in entries[:3]} == {Settings()}
    assert len(second_stage([PLAIN], [PLAIN], QUICK, cores=2)) == 2


def test_names_are_unique_and_safe_for_triton() -> None:
    names = [entry.name for entry in [*first_stage(KINDS), *second_stage(KINDS, KINDS, Effort(), cores=4)]]
    assert len(set(names)) == len(KINDS) * 6
    assert all(name.replace("-", "").isalnum() for name in names)
