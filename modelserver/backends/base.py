"""What our Python-based backends share: reading the configuration, batching, cancellation, errors.

A backend is a class with `load` and `run`; everything about Triton is here. `triton_python_backend_utils` exists only
inside a stub, whose interpreter Triton embeds.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import triton_python_backend_utils as triton

from modelserver.backends.batch import Batch
from modelserver.backends.parameters import Device, Parameters
from modelserver.backends.tensors import TAKES_TEXT, Tensor, from_triton, to_triton

Feeds = Mapping[str, Tensor]


class Backend(ABC):
    """Base of every `TritonPythonModel`; one instance is one model instance in a process of its own."""

    default_artefact: ClassVar[str]
    """The artefact's name where the configuration has no `default_model_filename`."""
    device = Device()
    """Where the instance computes; set before `load`."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Called by Triton once: read the configuration and load the artefact."""
        config = json.loads(args["model_config"])
        self._inputs = {tensor["name"]: tensor["data_type"] == "TYPE_STRING" for tensor in config["input"]}
        self._outputs = [tensor["name"] for tensor in config["output"]]
        if not TAKES_TEXT and any(self._inputs.values()):
            raise triton.TritonModelException("text inputs need NumPy 1 in the embedded server")
        self._batches = config["max_batch_size"] > 0
        name = config.get("default_model_filename") or self.default_artefact
        artefact = Path(args["model_repository"], args["model_version"], name)
        if not artefact.exists():
            raise triton.TritonModelException(f"the version has no file {name}")
        self.device = Device.of(args, config)
        self.load(artefact, Parameters.of(config))

    @abstractmethod
    def load(self, artefact: Path, parameters: Parameters) -> None:
        """Load the artefact; any exception makes Triton report that the model failed to load."""

    @abstractmethod
    def run(self, feeds: Feeds, outputs: Sequence[str]) -> Sequence[Tensor]:
        """Compute the outputs, in the order asked for, from one tensor [batch, ...] an input."""

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Called by Triton with what its scheduler put together: one response a request, in their order.

        Requests whose caller has gone are skipped. The others are computed together; where that fails, each is
        computed by itself, so that one bad request fails alone.
        """
        responses: list[Any] = [None] * len(requests)
        alive = []
        for index, request in enumerate(requests):
            if request.is_cancelled():
                responses[index] = _error("the caller has cancelled the request", triton.TritonError.CANCELLED)
            else:
                alive.append(index)
        answers = self._answer([requests[index] for index in alive])
        for index, answer in zip(alive, answers, strict=True):
            responses[index] = answer
        return responses

    def _answer(self, requests: Sequence[Any]) -> list[Any]:
        if not self._batches or len(requests) < 2:
            return [self._answer_one(request) for request in requests]
        try:
            batch = Batch.of([self._feeds(request) for request in requests])
            parts = batch.split(self.run(batch.feeds, self._outputs))
        except Exception:  # noqa: BLE001 - an engine may raise anything, and the stub must live on
            return [self._answer_one(request) for request in requests]
        return [self._response(request, part) for request, part in zip(requests, parts, strict=True)]

    def _answer_one(self, request: Any) -> Any:
        try:
            return self._response(request, self.run(self._feeds(request), self._outputs))
        except Exception as error:  # noqa: BLE001 - as above; the caller gets it as the request's error
            return _error(f"{type(error).__name__}: {error}", triton.TritonError.INTERNAL)

    def _feeds(self, request: Any) -> Feeds:
        return {
            name: from_triton(triton.get_input_tensor_by_name(request, name), is_text=is_text)
            for name, is_text in self._inputs.items()
        }

    def _response(self, request: Any, values: Sequence[Tensor]) -> Any:
        wanted = set(request.requested_output_names())
        named = zip(self._outputs, values, strict=True)
        tensors = [to_triton(name, value) for name, value in named if name in wanted]
        return triton.InferenceResponse(tensors)


def _error(message: str, code: int) -> Any:
    return triton.InferenceResponse(error=triton.TritonError(message, code))
