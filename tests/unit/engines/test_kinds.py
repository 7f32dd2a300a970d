"""The kinds of engines, and where they run."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from contract.card import Output
from contract.inputs import ImageInput
from contract.target import Target
from modelserver.config import check_config
from tests.support.versions import CIFAR10
from training.engines.errors import EngineUnknown
from training.engines.kinds import KINDS, PLAIN, Kind, Settings, kind, kinds_for
from training.publish.config import version_config

OLD = Target(cpu="Old CPU", flags=("avx2",))
NEW = Target(cpu="New CPU", flags=("amx_bf16", "amx_int8", "avx2"))


def names(kinds: tuple[Kind, ...]) -> list[str]:
    return [one.name for one in kinds]


def test_bfloat16_is_tried_only_where_the_processor_has_it() -> None:
    assert "openvino-bf16" not in names(kinds_for(OLD))
    assert "openvino-bf16" in names(kinds_for(NEW))


def test_gpus_are_not_tried_without_one() -> None:
    assert not {"cuda", "tensorrt"} & set(names(kinds_for(NEW)))


def test_narrowed_down_the_plain_engine_stays_as_the_yardstick() -> None:
    assert names(kinds_for(OLD, ("openvino-int8",))) == ["onnxruntime", "openvino-int8"]


@pytest.mark.parametrize(("name", "reason"), [("turbo", "There is no engine"), ("openvino-bf16", "no bfloat16 units")])
def test_an_engine_that_can_not_run_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(EngineUnknown, match=reason):
        kinds_for(OLD, (name,))


def test_only_the_plain_engine_runs_anywhere() -> None:
    tuned_for = {one.name: one.engine(Settings(), NEW).tuned_for for one in KINDS}
    assert tuned_for.pop(PLAIN.name) is None
    assert set(tuned_for.values()) == {NEW}


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.name)
def test_the_model_server_accepts_every_kind_s_configuration(one: Kind, tmp_path: Path) -> None:
    engine = one.engine(Settings(instances=2, threads=1, max_batch_size=64, queue_delay_us=500), NEW)
    text = version_config("tiny-v1", ImageInput(height=8, width=8), Output(labels=CIFAR10), engine)
    (folder := tmp_path / "tiny-v1").mkdir()
    (folder / "config.pbtxt").write_text(text)
    check_config(folder)
    config = text_format.Parse(text, pb.ModelConfig())
    assert (config.instance_group[0].count, config.max_batch_size) == (2, 64)
    assert config.dynamic_batching.max_queue_delay_microseconds == 500
    assert "1" in {parameter.string_value for parameter in config.parameters.values()}


def test_tensorrt_is_asked_for_as_the_official_backend_wants_it() -> None:
    engine = kind("tensorrt").engine(Settings(), NEW)
    text = version_config("tiny-v1", ImageInput(height=8, width=8), Output(labels=CIFAR10), engine)
    config = text_format.Parse(text, pb.ModelConfig())
    assert config.instance_group[0].kind == pb.ModelInstanceGroup.KIND_GPU
    (accelerator,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert accelerator.name == "tensorrt"
