"""Where the ONNX Runtime backend computes."""

import onnxruntime
import pytest

from modelserver.backends.onnxruntime.model import _providers
from modelserver.backends.parameters import Device

TENSORRT = {"optimization": {"execution_accelerators": {"gpu_execution_accelerator": [{"name": "tensorrt"}]}}}
GPU = {"model_instance_kind": "GPU", "model_instance_device_id": "1"}
ALL = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]


def test_a_cpu_instance_computes_on_the_processor() -> None:
    device = Device.of({"model_instance_kind": "CPU", "model_instance_device_id": "0"}, TENSORRT)
    assert _providers(device) == ["CPUExecutionProvider"]


def test_a_gpu_instance_computes_on_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ALL)
    assert _providers(Device.of(GPU, {})) == [("CUDAExecutionProvider", {"device_id": 1}), "CPUExecutionProvider"]
    wanted = [(name, {"device_id": 1}) for name in ALL[:2]]
    assert _providers(Device.of(GPU, TENSORRT)) == [*wanted, "CPUExecutionProvider"]


def test_a_gpu_that_onnx_runtime_can_not_use_is_an_error_and_not_a_slow_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ValueError, match="onnxruntime-gpu"):
        _providers(Device.of(GPU, {}))
