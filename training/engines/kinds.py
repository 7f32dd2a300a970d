"""The kinds of engines: a backend with an artefact and an arithmetic."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from contract.card import Engine
from contract.repository import INT8_ONNX_MODEL, ONNX_MODEL, OPENVINO_MODEL
from contract.target import Target
from contract.triton import IR_VERSION, OPSET
from training.engines.errors import EngineUnknown

BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})
THREADS = {"onnxruntime": "intra_op_thread_count", "openvino": "INFERENCE_NUM_THREADS"}
"""The parameter that says how many threads an instance computes with, by backend."""

Lack = Callable[[Target], str | None]
"""Why a machine can't run a kind; None where it can."""


@dataclass(frozen=True)
class Settings:
    """How an engine is run."""

    instances: int = 1
    threads: int = 0
    """Of each instance; 0 means one a core."""
    max_batch_size: int = 32
    queue_delay_us: int = 0

    def __str__(self) -> str:
        threads = "all cores" if self.threads == 0 else f"{self.threads} thread{'s' * (self.threads > 1)}"
        wait = f", waits {self.queue_delay_us} µs" if self.queue_delay_us else ""
        return f"{self.instances} × {threads}, batch {self.max_batch_size}{wait}"


def _nothing(_: Target) -> str | None:
    return None


def _bfloat16(target: Target) -> str | None:
    return None if BFLOAT16 & set(target.flags) else "the processor has no bfloat16 units"


def _gpu(provider: str, target: Target) -> str | None:
    if target.gpu is None:
        return "there is no NVIDIA GPU"
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it would report its use to its maker
    import onnxruntime  # noqa: PLC0415 - half a second that only machines with a GPU need

    return None if provider in onnxruntime.get_available_providers() else f"this ONNX Runtime has no {provider}"


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of engine; there is one object of each, in `KINDS`."""

    name: str
    backend: Literal["onnxruntime", "openvino"]
    artefact: str
    precision: Literal["float32", "bfloat16", "int8"] = "float32"
    provider: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    parameters: Mapping[str, str] = field(default_factory=dict)
    lack: Lack = _nothing

    def engine(self, settings: Settings, target: Target | None) -> Engine:
        """The engine of this kind with these settings: bound to the target, but for `PLAIN`, which runs anywhere."""
        threads = {THREADS[self.backend]: str(settings.threads)} if settings.threads else {}
        is_onnx = self.artefact.endswith(".onnx")
        return Engine(
            backend=self.backend,
            artefact=self.artefact,
            opset=OPSET if is_onnx else None,
            ir_version=IR_VERSION if is_onnx else None,
            max_batch_size=settings.max_batch_size,
            precision=self.precision,
            provider=self.provider,
            parameters={**self.parameters, **threads},
            instances=settings.instances,
            queue_delay_us=settings.queue_delay_us,
            tuned_for=None if self is PLAIN else target,
        )


PLAIN = Kind("onnxruntime", "onnxruntime", ONNX_MODEL)
"""What is served when nothing was tuned, and where a tuned engine can't run."""

KINDS = (
    PLAIN,
    Kind("openvino", "openvino", ONNX_MODEL),
    Kind("openvino-bf16", "openvino", ONNX_MODEL, "bfloat16", parameters={"HINT_BF16": "YES"}, lack=_bfloat16),
    Kind("onnxruntime-int8", "onnxruntime", INT8_ONNX_MODEL, "int8"),
    Kind("openvino-int8", "openvino", OPENVINO_MODEL, "int8"),
    Kind("cuda", "onnxruntime", ONNX_MODEL, provider="cuda", lack=partial(_gpu, "CUDAExecutionProvider")),
    Kind("tensorrt", "onnxruntime", ONNX_MODEL, provider="tensorrt", lack=partial(_gpu, "TensorrtExecutionProvider")),
)
"""All kinds, the simplest and most exact first; where two are equally fast, the earlier one is taken."""


def kind(name: str) -> Kind:
    """The kind of that name; raises `EngineUnknown`."""
    for one in KINDS:
        if one.name == name:
            return one
    raise EngineUnknown(f"There is no engine {name!r}; there are {', '.join(one.name for one in KINDS)}.")


def kinds_for(target: Target, names: tuple[str, ...] = ()) -> tuple[Kind, ...]:
    """The kinds that run on a machine; those of these names alone where there are any, and `PLAIN` always.

    Raises `EngineUnknown` for a name that doesn't exist, or whose kind the machine can't run.
    """
    for wanted in map(kind, names):
        if reason := wanted.lack(target):
            raise EngineUnknown(f"The engine {wanted.name!r} can't run here: {reason}.")
    return tuple(one for one in KINDS if one is PLAIN or (one.name in names if names else one.lack(target) is None))
