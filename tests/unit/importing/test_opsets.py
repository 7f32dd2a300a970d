"""Other operator sets become ours, with the same answers."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.support.foreign import SIZE, colour_model, model
from training.importing.errors import ArtefactUnsupported
from training.importing.opsets import is_valid, to_our_opset

DIMS = ("n", 3, SIZE, SIZE)


def converted(theirs: onnx.ModelProto) -> onnx.ModelProto:
    """Convert, and compare the answers; gives the result."""
    ours = to_our_opset(theirs)
    assert [(entry.domain, entry.version) for entry in ours.opset_import] == [("", 17)]
    numbers = np.random.default_rng(0).random((3, 3, SIZE, SIZE), np.float32)
    ours.ir_version = min(ours.ir_version, 8)
    before, after = (
        onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"pixels": numbers})[0]
        for graph in (theirs, ours)
    )
    np.testing.assert_allclose(before, after, atol=1e-7)
    assert is_valid(ours)
    return ours


@pytest.mark.parametrize("opset", [9, 13, 17, 18, 21])
def test_older_and_newer_sets(opset: int) -> None:
    converted(colour_model(opset=opset, end="Softmax"))


def test_what_onnx_s_converter_can_t_lower_is_lowered_where_its_old_form_does() -> None:
    nodes = [
        helper.make_node("Pad", ["pixels", "margins"], ["padded"], mode="reflect"),
        helper.make_node("Split", ["padded"], ["left", "right"], axis=3, num_outputs=2),
        helper.make_node("Constant", [], ["axes"], value=numpy_helper.from_array(np.array([2, 3]))),
        helper.make_node("ReduceMax", ["left", "axes"], ["scores"], keepdims=0),
    ]
    margins = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1]), "margins")
    newer = model(nodes, [margins], given=("pixels", TensorProto.FLOAT, DIMS), answer=("scores", ("n", 3)), opset=18)
    assert [node.op_type for node in converted(newer).graph.node] == ["Pad", "Split", "Constant", "ReduceMax"]


def test_what_the_old_set_can_t_say_is_refused_with_advice() -> None:
    newer = model(
        [helper.make_node("Gelu", ["pixels"], ["scores"])],
        [],
        given=("pixels", TensorProto.FLOAT, DIMS),
        answer=("scores", None),
        opset=20,
    )
    with pytest.raises(ArtefactUnsupported, match="opset_version=17"):
        to_our_opset(newer)
