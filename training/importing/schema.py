"""Inferring from a graph and the spec what a model takes."""

from dataclasses import dataclass
from typing import Literal

from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto

from contract.inputs import ImageInput
from training.importing.errors import SchemaUnclear
from training.importing.intake import Dtype, Intake
from training.importing.spec import Spec

DTYPES: dict[int, Dtype] = {
    TensorProto.UINT8: "uint8",
    TensorProto.FLOAT16: "float16",
    TensorProto.FLOAT: "float32",
    TensorProto.DOUBLE: "float64",
}

Layout = Literal["nhwc", "nchw"]


@dataclass(frozen=True)
class Schema:
    """What the artefact takes, and what users of its served version may send."""

    intake: Intake
    input: ImageInput


def infer(model: ModelProto, spec: Spec) -> Schema:
    """Find out all that the graph tells, and take the rest from the spec.

    Raises `SchemaUnclear` with the key of the spec that is missing or contradicts the graph, or where the graph isn't
    one that takes a picture.
    """
    given = _picture_input(model.graph)
    batch, *sizes = _dims(given)
    layout = spec.layout or _layout(sizes)
    height, width, found = sizes if layout == "nhwc" else (*sizes[1:], sizes[0])
    channels = _channels(found, spec)
    height, width = _size(height, width, spec)
    dtype = _dtype(given)
    scale = _scale(dtype, channels, spec)
    return Schema(
        Intake(
            tensor=given.name,
            answer=_answer(model.graph, spec),
            layout=layout,
            dtype=dtype,
            reverse=channels == 3 and spec.channel_order == "bgr",
            scale=scale,
            mean=spec.mean,
            std=spec.std,
            batch=batch,
        ),
        ImageInput(height=height, width=width, channels=channels, fit=spec.fit),
    )


def _picture_input(graph: GraphProto) -> ValueInfoProto:
    # Old files list the weights among the inputs.
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise SchemaUnclear(f"The graph takes {len(inputs)} inputs; only models that take one picture can be served.")
    return inputs[0]


def _dims(value: ValueInfoProto) -> list[int | None]:
    shape = [size.dim_value if size.dim_value > 0 else None for size in value.type.tensor_type.shape.dim]
    if len(shape) != 4:
        raise SchemaUnclear(f"The input {value.name!r} has {len(shape)} dimensions; a batch of pictures has four.")
    return shape


def _dtype(value: ValueInfoProto) -> Dtype:
    element = value.type.tensor_type.elem_type
    if element not in DTYPES:
        name = TensorProto.DataType.Name(element)
        raise SchemaUnclear(f"The input {value.name!r} is of type {name}; pictures are {', '.join(DTYPES.values())}.")
    return DTYPES[element]


def _layout(sizes: list[int | None]) -> Layout:
    first, last = sizes[0] in {1, 3}, sizes[2] in {1, 3}
    if first == last:
        raise SchemaUnclear("The graph doesn't tell its layout; say `layout: nchw` or `layout: nhwc` in the spec.")
    return "nchw" if first else "nhwc"


def _channels(found: int | None, spec: Spec) -> Literal[1, 3]:
    if found is None and spec.channels is None:
        raise SchemaUnclear("The graph doesn't tell its channels; say `channels: 3` or `channels: 1` in the spec.")
    if found is not None and spec.channels not in {None, found}:
        raise SchemaUnclear(f"The graph takes {found} channels, and the spec says `channels: {spec.channels}`.")
    for channels in (1, 3):
        if channels == (found or spec.channels):
            return channels
    raise SchemaUnclear(f"The graph takes {found} channels; pictures have 1 or 3 (check `layout` in the spec).")


def _size(height: int | None, width: int | None, spec: Spec) -> tuple[int, int]:
    said = spec.size and (spec.size[0], spec.size[-1])
    if said is None and (height is None or width is None):
        raise SchemaUnclear("The graph takes pictures of any size; say `size` in the spec, such as `size: 224`.")
    wanted_height, wanted_width = said or (height, width)
    if (height or wanted_height, width or wanted_width) != (wanted_height, wanted_width):
        raise SchemaUnclear(f"The graph takes pictures {height} high and {width} wide, and the spec's `size` differs.")
    if wanted_height is None or wanted_width is None:
        raise TypeError("a size is said or known")
    return wanted_height, wanted_width


def _scale(dtype: Dtype, channels: int, spec: Spec) -> float:
    if dtype == "uint8":
        if spec.model_fields_set & {"scale", "mean", "std"}:
            raise SchemaUnclear("The graph takes whole pixels from 0 to 255; leave out `scale`, `mean` and `std`.")
        return 1.0
    if spec.scale is None:
        raise SchemaUnclear(
            "The graph doesn't tell what it makes of a pixel; say `scale` in the spec: 1/255 where the model takes "
            "0 to 1, 1 where it takes 0 to 255."
        )
    if not {len(spec.mean), len(spec.std)} <= {1, channels}:
        raise SchemaUnclear("The spec's `mean` and `std` have more numbers than the graph has channels.")
    return spec.scale


def _answer(graph: GraphProto, spec: Spec) -> str:
    names = [value.name for value in graph.output]
    if spec.answer is None and len(names) == 1:
        return names[0]
    if spec.answer not in names:
        raise SchemaUnclear(f"The graph has the outputs {', '.join(names)}; say which one as `answer` in the spec.")
    return str(spec.answer)
