"""What the protocol says about the server and its models."""

from pathlib import PurePosixPath

from pydantic import BaseModel, Field

from contract import __version__
from contract.card import VersionCard
from gateway.catalogue import Model
from gateway.inference import datatype

EXTENSIONS = ("binary_tensor_data",)


class ServerMetadata(BaseModel):
    """What this server is."""

    name: str = "trireme"
    version: str = __version__
    extensions: tuple[str, ...] = EXTENSIONS


class Live(BaseModel):
    """The server runs."""

    live: bool = True


class Ready(BaseModel):
    """Every served model answers, and the gateway isn't about to stop."""

    ready: bool = True


class ModelReady(BaseModel):
    """The version answers."""

    name: str
    version: str
    ready: bool = True


class TensorMetadata(BaseModel):
    """A tensor that a model takes or gives."""

    name: str = Field(examples=["features"])
    datatype: str = Field(examples=["FP32"])
    shape: list[int] = Field(examples=[[-1, 4]])
    """-1 is the batch's dimension."""


class ModelMetadata(BaseModel):
    """One version of a model."""

    name: str = Field(examples=["credit"])
    versions: list[str] = Field(examples=[["1", "3"]])
    """Those that are served."""
    platform: str = Field(examples=["onnxruntime_onnx"])
    """The Triton backend, and the format of its artefact."""
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


def metadata_of(model: Model, card: VersionCard) -> ModelMetadata:
    """The description of one of a model's versions."""
    suffix = PurePosixPath(card.engine.artefact).suffix.lstrip(".")
    return ModelMetadata(
        name=card.model,
        versions=[str(version) for version in model.served],
        platform=f"{card.engine.backend}_{suffix}",
        inputs=[TensorMetadata(name=card.input.tensor, datatype=datatype(card), shape=[-1, *card.input.shape])],
        outputs=[TensorMetadata(name=card.output.tensor, datatype="FP32", shape=[-1, len(card.output.labels)])],
    )
