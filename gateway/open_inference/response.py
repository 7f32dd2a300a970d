"""What the protocol's answers look like."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from contract.card import VersionCard
from gateway.inference import Probabilities
from gateway.open_inference.body import HEADER_LENGTH
from gateway.open_inference.request import Parameters


class OutputTensor(BaseModel):
    """A tensor of the answer."""

    name: str
    datatype: Literal["FP32"]
    shape: list[int]
    """Examples, labels; the labels' names are in the model's description under /v1."""
    parameters: Parameters | None = None
    """`binary_data_size`: bytes of this tensor after the JSON document, where it has no `data`."""
    data: list[float] | None = None
    """Probabilities, an example after the other."""


class InferenceResponse(BaseModel):
    """The answer to a request for inference."""

    model_name: str = Field(examples=["credit"])
    model_version: str = Field(examples=["3"])
    """The version that answered."""
    id: str | None = None
    """The request's."""
    parameters: Parameters | None = None
    """`prediction_ids`, where the request asked for them: one an example, with a space between two."""
    outputs: list[OutputTensor]


@dataclass(frozen=True)
class Answer:
    """An answer, ready to be sent: a JSON document, and perhaps the bytes of its tensor after it."""

    document: bytes
    binary: bytes | None

    def response(self) -> Response:
        """As an answer of HTTP."""
        if self.binary is None:
            return Response(self.document, media_type="application/json")
        return Response(
            self.document + self.binary,
            media_type="application/octet-stream",
            headers={HEADER_LENGTH: str(len(self.document))},
        )


def answer(
    card: VersionCard,
    probabilities: Probabilities,
    request_id: str | None,
    prediction_ids: Sequence[str],
    *,
    is_binary: bool,
) -> Answer:
    """The answer that holds probabilities, float32 [examples, labels]."""
    output: dict[str, Any] = {"name": card.output.tensor, "datatype": "FP32", "shape": list(probabilities.shape)}
    binary = probabilities.astype("<f4").tobytes() if is_binary else None
    if binary is None:
        output["data"] = probabilities.ravel().tolist()
    else:
        output["parameters"] = {"binary_data_size": len(binary)}
    document = {
        "model_name": card.model,
        "model_version": str(card.version),
        **({} if request_id is None else {"id": request_id}),
        **({"parameters": {"prediction_ids": " ".join(prediction_ids)}} if prediction_ids else {}),
        "outputs": [output],
    }
    return Answer(json.dumps(document, separators=(",", ":")).encode(), binary)
