"""Where a service time comes from."""

from datetime import UTC, datetime

import pytest

from contract.card import Engine, VersionCard
from contract.names import ModelVersion
from contract.target import Target
from tests.support.versions import make_card
from training.engines.record import Candidate, Load, Tuning
from trireme.autoscale.measure import Calls, counted
from trireme.autoscale.service import tuned

PLAIN = Engine(backend="onnxruntime", artefact="1/model.onnx", max_batch_size=32, instances=2)
HERE = Target(cpu="some", flags=())
INT8 = Engine(backend="openvino", artefact="1/model.xml", max_batch_size=32, precision="int8", tuned_for=HERE)


def load(clients: int, throughput: float, p50_ms: float | None) -> Load:
    return Load(
        clients=clients, throughput=throughput, rounds=(throughput,), p50_ms=p50_ms, p95_ms=None, p99_ms=None, errors=0
    )


def candidate(engine: Engine, *loads: Load) -> Candidate:
    name = f"{engine.backend}-{engine.precision}"
    return Candidate(name=name, kind=name, settings="", engine=engine, loads=loads)


def tuning(*candidates: Candidate) -> Tuning:
    return Tuning(
        model="tiny", version=1, created=datetime(2026, 1, 31, tzinfo=UTC), target=HERE, cores=2, server="Triton",
        libraries={}, examples=1, max_loss=0.002, seconds=1, candidates=candidates, chosen=candidates[0].name,
    )  # fmt: skip


def card(engine: Engine, fallback: Engine | None = None) -> VersionCard:
    made = make_card(ModelVersion("tiny", 1), ("a", "b"), "onnxruntime", {})
    return made.model_copy(update={"engine": engine, "fallback": fallback})


def test_what_tuning_measured_of_the_engine_that_serves_is_taken() -> None:
    measured = tuning(
        candidate(INT8, load(1, 500, 1.0), load(64, 8000, 8.0)), candidate(PLAIN, load(1, 300, 3.0), load(64, 1600, 40))
    )
    fallback = tuned(card(INT8, PLAIN), measured, is_tuned=False)
    assert fallback is not None
    assert [size for size, _ in fallback.replica.times.points] == [1, 32]
    assert [seconds for _, seconds in fallback.replica.times.points] == pytest.approx([0.003, 0.040])
    assert fallback.replica.instances == 2
    assert fallback.replica.capacity == pytest.approx(1600)
    assert "onnxruntime" in fallback.source
    assert "2026-01-31" in fallback.source
    fast = tuned(card(INT8, PLAIN), measured, is_tuned=True)
    assert fast is not None
    assert fast.replica.capacity == pytest.approx(8000)


def test_an_engine_that_tuning_did_not_measure_has_no_service_time() -> None:
    other = PLAIN.model_copy(update={"max_batch_size": 64})
    assert tuned(card(other), tuning(candidate(PLAIN, load(1, 300, 3.0))), is_tuned=False) is None
    assert tuned(card(PLAIN), tuning(candidate(PLAIN)), is_tuned=False) is None
    assert tuned(card(PLAIN), tuning(candidate(PLAIN, load(1, 0, None))), is_tuned=False) is None


def test_the_gateway_s_own_metrics_say_how_long_calls_took_and_how_large_they_were() -> None:
    text = (
        'trireme_gateway_triton_seconds_count{model="tiny",version="1"} 4.0\n'
        'trireme_gateway_triton_seconds_sum{model="tiny",version="1"} 0.1\n'
        'trireme_gateway_batch_pictures_sum{model="tiny",version="1"} 20.0\n'
        'trireme_gateway_batch_pictures_sum{model="tiny",version="2"} 9.0\n'
    )
    assert counted(text, "tiny", 1) == Calls(4, 20, 0.1)
    assert counted(text, "other", 1) == Calls(0, 0, 0)
