"""Which machines count as the same."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from contract.card import Engine, VersionCard
from contract.names import ModelVersion
from contract.repository import INT8_ONNX_MODEL
from contract.target import Target, read_target
from tests.support.versions import CIFAR10, make_card

HERE = Target(cpu="Fast CPU", flags=("avx2", "avx512_vnni"))
CPUINFO = "processor : 0\nmodel name : Fast CPU\nflags : fpu avx512_vnni avx2\n\nprocessor : 1\nmodel name : Other\n"


def test_a_machine_is_its_processor_with_its_vector_units(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    assert read_target(tmp_path / "cpuinfo", tmp_path) == HERE


def test_a_gpu_makes_another_machine(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t\t NVIDIA Something\nIRQ: 1\n")
    found = read_target(tmp_path / "cpuinfo", tmp_path)
    assert found.gpu == "NVIDIA Something"
    assert found.name != HERE.name


def test_a_machine_without_proc_has_a_target_too(tmp_path: Path) -> None:
    assert read_target(tmp_path / "nothing", tmp_path) == Target(cpu="unknown CPU", flags=())


@pytest.mark.parametrize("change", [{"cpu": "Slow CPU"}, {"flags": ("avx2",)}, {"gpu": "Some GPU"}])
def test_only_equal_machines_share_a_name(change: dict[str, object]) -> None:
    assert HERE.name == HERE.model_copy().name
    assert HERE.model_copy(update=change).name != HERE.name


def test_the_name_is_a_plain_file_name() -> None:
    assert HERE.name.replace("-", "").isalnum()


def card_with(**changes: object) -> VersionCard:
    card = make_card(ModelVersion("tiny", 1), CIFAR10, "onnxruntime", {})
    return VersionCard.model_validate({**card.model_dump(), **changes})


PLAIN = Engine(backend="onnxruntime", artefact="1/model.onnx", max_batch_size=32)
TUNED = PLAIN.model_copy(update={"artefact": INT8_ONNX_MODEL, "precision": "int8", "tuned_for": HERE})


def test_a_tuned_engine_has_a_fallback_that_runs_anywhere() -> None:
    card = card_with(engine=TUNED, fallback=PLAIN)
    assert VersionCard.parse(card.model_dump_json()) == card
    assert card.engines == (TUNED, PLAIN)


@pytest.mark.parametrize(
    "engines",
    [
        {"engine": TUNED},
        {"engine": PLAIN, "fallback": PLAIN},
        {"engine": TUNED, "fallback": TUNED},
        {"engine": TUNED, "fallback": PLAIN.model_copy(update={"max_batch_size": 8})},
        {"engine": TUNED, "fallback": PLAIN.model_copy(update={"artefact": "../model.onnx"})},
    ],
)
def test_a_card_whose_engines_do_not_fit_together_is_refused(engines: dict[str, Engine]) -> None:
    with pytest.raises(ValidationError):
        card_with(**engines)


def test_a_card_from_before_engines_were_tuned_is_read() -> None:
    card = make_card(ModelVersion("tiny", 1), CIFAR10, "onnxruntime", {})
    new = {"precision", "provider", "parameters", "instances", "queue_delay_us", "tuned_for"}
    old = card.model_dump_json(exclude={"fallback": True, "omitted": True, "engine": new})
    assert VersionCard.parse(old) == card
