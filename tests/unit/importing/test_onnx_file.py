"""What an ONNX file may hold, and which files it may name."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data

from tests.support.foreign import colour_model, model
from training.importing.errors import ArtefactUnsafe, ArtefactUnsupported, SchemaUnclear
from training.importing.onnx_file import take_onnx
from training.importing.spec import Spec
from training.settings import TrainingSettings

SETTINGS = TrainingSettings(_env_file=None)


def take(file: Path, settings: TrainingSettings = SETTINGS) -> onnx.ModelProto:
    work = file.parents[1] / "work"
    work.mkdir()
    return take_onnx(file, work, Spec(), settings).model


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "given").mkdir()
    return tmp_path / "given" / "model.onnx"


def in_a_branch(node: onnx.NodeProto) -> onnx.ModelProto:
    """A model whose node is hidden in a branch of a branch."""
    inner = helper.make_graph([node], "inner", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    choice = helper.make_node("If", ["yes"], ["z"], then_branch=inner, else_branch=inner)
    outer = helper.make_graph([choice], "outer", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)])
    nodes = [helper.make_node("If", ["yes"], ["scores"], then_branch=outer, else_branch=outer)]
    yes = [numpy_helper.from_array(np.array(True), "yes")]
    return model(nodes, yes, given=("pixels", TensorProto.FLOAT, ("n", 3, 8, 8)), answer=("scores", None))


def test_a_foreign_operator_is_refused_wherever_it_hides(file: Path) -> None:
    foreign = helper.make_node("Shell", ["pixels"], ["y"], domain="com.example")
    onnx.save(in_a_branch(foreign), file)
    with pytest.raises(ArtefactUnsafe, match=r"com\.example\.Shell"):
        take(file)


def test_functions_and_training_steps_are_refused(file: Path) -> None:
    changed = colour_model()
    changed.functions.add(name="f", domain="mine")
    onnx.save(changed, file)
    with pytest.raises(ArtefactUnsupported, match="inline"):
        take(file)
    changed = colour_model()
    changed.training_info.add()
    onnx.save(changed, file)
    with pytest.raises(ArtefactUnsupported, match="inference"):
        take_onnx(file, file.parent, Spec(), SETTINGS)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08", b"\xff" * 100])
def test_what_isn_t_onnx_is_one_sentence(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ArtefactUnsupported, match="isn't an ONNX model"):
        take(file)


def test_a_file_over_the_limit_is_refused(file: Path) -> None:
    onnx.save(colour_model(), file)
    small = TrainingSettings(_env_file=None, import_max_bytes=file.stat().st_size - 1)
    with pytest.raises(ArtefactUnsafe, match="larger than the limit"):
        take(file, small)


def test_a_signature_is_a_savedmodel_s(file: Path) -> None:
    onnx.save(colour_model(), file)
    with pytest.raises(SchemaUnclear, match="signature"):
        take_onnx(file, file.parent, Spec(signature="serve"), SETTINGS)


def outside(file: Path, location: str, *, offset: int | None = None, length: int | None = None) -> None:
    """Save a model whose weights are said to lie at `location`."""
    changed = colour_model()
    set_external_data(changed.graph.initializer[0], location, offset, length)
    changed.graph.initializer[0].ClearField("raw_data")
    file.write_bytes(changed.SerializeToString())


WEIGHTS = np.arange(9, dtype=np.float32)


def test_weights_beside_the_file_are_taken_into_it(file: Path) -> None:
    outside(file, "parts/weights.bin", offset=4)
    (file.parent / "parts").mkdir()
    (file.parent / "parts" / "weights.bin").write_bytes(b"skip" + WEIGHTS.tobytes())
    taken = take(file)
    np.testing.assert_array_equal(numpy_helper.to_array(taken.graph.initializer[0]).ravel(), WEIGHTS)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "a/../../secret", "./secret", "..\\secret", ""])
def test_weights_outside_the_folder_are_refused(file: Path, location: str) -> None:
    (file.parents[1] / "secret").write_bytes(WEIGHTS.tobytes())
    outside(file, location)
    with pytest.raises(ArtefactUnsafe, match="outside"):
        take(file)


def test_weights_behind_a_link_are_refused(file: Path) -> None:
    (file.parents[1] / "elsewhere").mkdir()
    (file.parents[1] / "elsewhere" / "weights").write_bytes(WEIGHTS.tobytes())
    (file.parent / "link").symlink_to(file.parents[1] / "elsewhere")
    outside(file, "link/weights")
    with pytest.raises(ArtefactUnsafe, match="symbolic link"):
        take(file)


def test_one_file_read_again_and_again_counts_each_time(file: Path) -> None:
    outside(file, "weights")
    (file.parent / "weights").write_bytes(WEIGHTS.tobytes())
    small = TrainingSettings(_env_file=None, import_max_bytes=file.stat().st_size + WEIGHTS.nbytes - 1)
    with pytest.raises(ArtefactUnsafe, match="larger than the limit"):
        take(file, small)


@pytest.mark.parametrize("place", [{"offset": 100}, {"length": 10_000}])
def test_weights_that_aren_t_there_are_one_sentence(file: Path, place: dict[str, int]) -> None:
    outside(file, "weights", **place)
    with pytest.raises(ArtefactUnsupported, match="missing"):
        take(file)
    (file.parent / "weights").write_bytes(WEIGHTS.tobytes())
    with pytest.raises(ArtefactUnsupported, match="can't be read"):
        take_onnx(file, file.parent, Spec(), SETTINGS)
