"""What is built into the graph is what the numpy implementation does."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from contract.card import Output
from tests.support.foreign import LABELS, SIZE, Dims, colour_model, model, pictures
from training.importing import answers
from training.importing.errors import ArtefactUnsupported
from training.importing.folding import Fold, fold
from training.importing.schema import Schema, infer
from training.importing.spec import Spec
from training.publish.graph import check

Probabilities = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
NORMALISED = Spec(scale=1 / 255, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))


def run(graph: onnx.ModelProto, name: str, numbers: object) -> Probabilities:
    answer = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {name: numbers})[0]
    return np.asarray(answer)


def expected(foreign: onnx.ModelProto, schema: Schema, kind: answers.Kind) -> Probabilities:
    prepared = schema.intake.prepare(pictures())
    size = schema.intake.batch or len(prepared)
    parts = [run(foreign, schema.intake.tensor, prepared[at : at + size]) for at in range(0, len(prepared), size)]
    return answers.probabilities(np.concatenate(parts).astype(np.float32), kind)


def folded(foreign: onnx.ModelProto, schema: Schema, kind: answers.Kind, columns: int = 3) -> onnx.ModelProto:
    served = onnx.ModelProto()
    served.CopyFrom(foreign)
    fold(
        served,
        Fold(
            schema.intake,
            kind,
            columns,
            schema.input,
            Output(labels=LABELS[:columns] if columns > 1 else ("no", "yes")),
        ),
    )
    return served


def prove(foreign: onnx.ModelProto, spec: Spec, kind: answers.Kind = "logits", columns: int = 3) -> onnx.ModelProto:
    """Fold, and compare with the original behind the numpy implementation; gives the folded model."""
    schema = infer(foreign, spec)
    served = folded(foreign, schema, kind, columns)
    np.testing.assert_allclose(run(served, "image", pictures()), expected(foreign, schema, kind), atol=1e-6)
    return served


@pytest.mark.parametrize("dims", [("n", 3, SIZE, SIZE), ("n", SIZE, SIZE, 3), (1, 3, SIZE, SIZE)])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_layout_order_and_normalisation(dims: Dims, order: str) -> None:
    prove(colour_model(dims=dims), NORMALISED.model_copy(update={"channel_order": order}))


@pytest.mark.parametrize("dtype", [TensorProto.DOUBLE, TensorProto.FLOAT16])
def test_other_floating_types(dtype: int) -> None:
    prove(colour_model(dtype=dtype), NORMALISED)


@pytest.mark.parametrize("dims", [("n", 3, SIZE, SIZE), ("n", SIZE, SIZE, 3)])
def test_pixels_that_the_graph_takes_as_they_are(dims: Dims) -> None:
    prove(colour_model(dtype=TensorProto.UINT8, dims=dims), Spec())


def test_the_order_of_channels_matters() -> None:
    foreign = colour_model()
    schema = infer(foreign, NORMALISED)
    reversed_ = replace(schema, intake=schema.intake.model_copy(update={"reverse": True}))
    difference = expected(foreign, schema, "logits") - expected(foreign, reversed_, "logits")
    assert abs(difference).max() > 0.1


def test_probabilities_stay_as_they_are() -> None:
    prove(colour_model(end="Softmax"), NORMALISED, "probabilities")


@pytest.mark.parametrize(("end", "kind"), [("Sigmoid", "probabilities"), (None, "logits")])
def test_one_column_becomes_two(end: str | None, kind: answers.Kind) -> None:
    served = prove(colour_model(columns=1, end=end), NORMALISED, kind, columns=1)
    assert run(served, "image", pictures()).shape == (5, 2)


@pytest.mark.parametrize("name", ["image", "probabilities", "imported/image"])
def test_a_graph_may_use_our_names_for_its_own_things(name: str) -> None:
    prove(colour_model(name=name), NORMALISED)


def test_names_are_made_room_for_in_branches_too() -> None:
    def branch(operator: str) -> onnx.GraphProto:
        node = helper.make_node(operator, ["image", "probabilities"], ["chosen"])
        return helper.make_graph([node], operator, [], [helper.make_tensor_value_info("chosen", 1, None)])

    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("If", ["yes"], ["bright"], then_branch=branch("Mul"), else_branch=branch("Add")),
        helper.make_node("ReduceMean", ["bright"], ["scores"], axes=[2, 3], keepdims=0),
    ]
    constants = [
        numpy_helper.from_array(np.array(True), "yes"),
        numpy_helper.from_array(np.array(3, np.float32), "probabilities"),
    ]
    dims = ("n", 3, SIZE, SIZE)
    prove(model(nodes, constants, given=("image", TensorProto.FLOAT, dims), answer=("scores", ("n", 3))), NORMALISED)


def test_a_batch_that_only_the_input_fixes_is_freed() -> None:
    served = prove(colour_model(dims=(1, 3, SIZE, SIZE)), NORMALISED)
    check(served, schema=infer(colour_model(), NORMALISED).input, output=Output(labels=LABELS))


def test_a_batch_that_the_graph_fixes_inside_is_refused() -> None:
    nodes = [
        helper.make_node("Reshape", ["pixels", "shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["scores"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1, 3 * SIZE * SIZE]), "shape"),
        numpy_helper.from_array(np.zeros((3 * SIZE * SIZE, 3), np.float32), "weights"),
    ]
    foreign = model(nodes, constants, given=("pixels", 1, (1, 3, SIZE, SIZE)), answer=("scores", (1, 3)))
    with pytest.raises(ArtefactUnsupported, match="dynamic batch"):
        folded(foreign, infer(foreign, NORMALISED), "logits")


def test_the_served_graph_has_our_ends_and_versions() -> None:
    foreign = colour_model(end="Softmax")
    foreign.ir_version = 10
    foreign.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    served = prove(foreign, NORMALISED, "probabilities")
    assert served.ir_version == 8
    assert [(entry.domain, entry.version) for entry in served.opset_import] == [("", 17)]
    assert [value.name for value in (*served.graph.input, *served.graph.output)] == ["image", "probabilities"]
