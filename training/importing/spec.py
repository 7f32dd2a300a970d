"""The preprocessing spec: what a person knows about a model that its graph doesn't say. See docs/import.md."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, PositiveInt, ValidationError, model_validator

from contract.base import Document
from training.importing.errors import SpecInvalid

MAX_BYTES = 65_536


def _fraction(value: Any) -> Any:
    """`1/255` is how people write it; everything else is left to pydantic."""
    if isinstance(value, str) and "/" in value:
        try:
            return float(Fraction(value.replace(" ", "")))
        except (ValueError, ZeroDivisionError):
            return value
    return value


def _several(value: Any) -> Any:
    """One number stands for all channels, or for both sides of a picture."""
    return value if isinstance(value, list | tuple) else (value,)


Number = Annotated[float, BeforeValidator(_fraction), Field(allow_inf_nan=False)]
Positive = Annotated[float, BeforeValidator(_fraction), Field(gt=0, allow_inf_nan=False)]


class Spec(Document):
    """What the file may say; a key that is left out is inferred, or asked for where it can't be.

    The numbers that the model gets are (pixel × scale - mean) / std, with pixels from 0 to 255.
    """

    size: Annotated[tuple[PositiveInt, ...], BeforeValidator(_several), Field(min_length=1, max_length=2)] | None = None
    """Height and width in pixels, or one number for both."""
    fit: Literal["cover", "stretch"] = "cover"
    layout: Literal["nhwc", "nchw"] | None = None
    channels: Literal[1, 3] | None = None
    channel_order: Literal["rgb", "bgr"] = "rgb"
    scale: Positive | None = None
    mean: Annotated[tuple[Number, ...], BeforeValidator(_several)] = (0.0,)
    """One number, or one a channel, in the order that the model takes them."""
    std: Annotated[tuple[Positive, ...], BeforeValidator(_several)] = (1.0,)
    output: Literal["logits", "probabilities"] | None = None
    answer: str | None = None
    """The output with the answer, where the graph has several."""
    signature: str | None = None
    """The SavedModel's signature."""

    @model_validator(mode="after")
    def _numbers_a_channel(self) -> Self:
        if not {len(self.mean), len(self.std)} <= {1, 3}:
            raise ValueError("mean and std are one number, or one a channel")
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a YAML file; raises `SpecInvalid`."""
        try:
            return cls.model_validate(_load(path) or {})
        except ValidationError as error:
            raise SpecInvalid(_explain(error)) from error


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "its top level"
    if first["type"] == "extra_forbidden":
        return f"The preprocessing spec can't say {place!r}; it can say {', '.join(Spec.model_fields)}."
    return f"The preprocessing spec is invalid at {place}: {first['msg']}."


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecInvalid(f"The preprocessing spec {path} can't be read.") from error
    if len(text) > MAX_BYTES:
        raise SpecInvalid(f"The preprocessing spec {path} is larger than {MAX_BYTES} bytes.")
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SpecInvalid(f"The preprocessing spec {path} isn't YAML.") from error
