"""What is inferred about a model's input, and what is asked for."""

from collections.abc import Callable

import onnx
import pytest
from onnx import TensorProto, helper

from contract.inputs import ImageInput
from tests.support.foreign import Dims, colour_model
from training.importing.errors import SchemaUnclear
from training.importing.importer import describe
from training.importing.schema import infer
from training.importing.spec import Spec

SCALED = Spec(scale=1 / 255)


@pytest.mark.parametrize(
    ("dims", "layout", "size", "batch"),
    [
        (("n", 3, 8, 6), "nchw", (8, 6), None),
        (("n", 8, 6, 3), "nhwc", (8, 6), None),
        ((1, 3, 8, 8), "nchw", (8, 8), 1),
        ((None, 8, 8, 3), "nhwc", (8, 8), None),
    ],
)
def test_layout_size_and_batch_are_read_from_the_graph(
    dims: Dims, layout: str, size: tuple[int, int], batch: int | None
) -> None:
    schema = infer(colour_model(dims=dims), SCALED)
    assert (schema.intake.layout, schema.intake.batch) == (layout, batch)
    assert schema.input == ImageInput(height=size[0], width=size[1])
    assert (schema.intake.tensor, schema.intake.answer) == ("pixels", "logits")


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(TensorProto.FLOAT, "float32"), (TensorProto.FLOAT16, "float16"), (TensorProto.DOUBLE, "float64")],
)
def test_the_numbers_type_is_read_from_the_graph(dtype: int, name: str) -> None:
    assert infer(colour_model(dtype=dtype), SCALED).intake.dtype == name


def test_a_graph_that_takes_pixels_needs_no_scale_and_takes_none() -> None:
    model = colour_model(dtype=TensorProto.UINT8)
    assert infer(model, Spec()).intake.dtype == "uint8"
    with pytest.raises(SchemaUnclear, match="leave out `scale`"):
        infer(model, SCALED)


def test_what_the_graph_leaves_open_the_spec_says() -> None:
    model = colour_model(dims=("n", 3, "h", "w"))
    spec = Spec(size=(10, 12), fit="stretch", scale=1.0, channel_order="bgr", mean=(1, 2, 3))
    schema = infer(model, spec)
    assert schema.input == ImageInput(height=10, width=12, fit="stretch")
    assert (schema.intake.reverse, schema.intake.mean) == (True, (1, 2, 3))


def test_one_size_is_a_square() -> None:
    assert infer(colour_model(dims=("n", 3, "h", "w")), Spec(scale=1.0, size=(9,))).input.shape == (9, 9, 3)


def _grey(model: onnx.ModelProto) -> onnx.ModelProto:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    return model


def test_a_grey_picture_is_one_channel() -> None:
    schema = infer(_grey(colour_model()), SCALED)
    assert schema.input.channels == 1
    assert describe(schema) == "It takes grey pictures of 8×8 pixels as float32 nchw."


def _two_inputs(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n"]))


def _two_outputs(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["n", 3]))


def _text(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING


def _flat(model: onnx.ModelProto) -> None:
    del model.graph.input[0].type.tensor_type.shape.dim[2:]


def _open_channels(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "c"


def _four_channels(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 4


def _open_size(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "h"


def _nothing(model: onnx.ModelProto) -> None:
    """The graph is as it was."""


@pytest.mark.parametrize(
    ("change", "said", "asked"),
    [
        (_two_inputs, {}, "takes 2 inputs"),
        (_two_outputs, {}, "say which one as `answer`"),
        (_two_outputs, {"answer": "median"}, "say which one as `answer`"),
        (_text, {}, "STRING"),
        (_flat, {}, "2 dimensions"),
        (_open_channels, {}, "`layout: nchw`"),
        (_open_channels, {"layout": "nchw"}, "`channels: 3`"),
        (_four_channels, {"layout": "nchw"}, "4 channels"),
        (_open_size, {}, "`size: 224`"),
        (_nothing, {"size": (9,)}, "`size` differs"),
        (_nothing, {"channels": 1}, "`channels: 1`"),
        (_nothing, {"scale": None}, "`scale` in the spec: 1/255"),
        (_grey, {"mean": (1, 2, 3)}, "more numbers"),
    ],
)
def test_what_can_t_be_inferred_is_asked_for_by_its_key(
    change: Callable[[onnx.ModelProto], object], said: dict[str, object], asked: str
) -> None:
    model = colour_model()
    change(model)
    with pytest.raises(SchemaUnclear, match=asked):
        infer(model, Spec.model_validate({"scale": 1 / 255, **said}))


def test_one_of_several_outputs_can_be_chosen() -> None:
    model = colour_model()
    _two_outputs(model)
    assert infer(model, Spec(scale=1.0, answer="mean")).intake.answer == "mean"


def test_weights_among_the_inputs_are_no_inputs() -> None:
    model = colour_model()
    model.graph.input.append(helper.make_tensor_value_info("weights", TensorProto.FLOAT, [3, 3]))
    assert infer(model, SCALED).intake.tensor == "pixels"
