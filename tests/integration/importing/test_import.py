"""`trireme import` over a real Triton: ONNX files and SavedModels that were made without Trireme."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from contract.card import VersionCard
from contract.digests import file_digest
from contract.drift.reference import REFERENCE, Reference, ReferenceFile
from contract.errors import NameInvalid
from contract.golden import GoldenExamples
from contract.inputs import ImageInput
from contract.names import ModelVersion
from contract.picture import to_tensor
from contract.repository import GOLDEN, ModelRepository
from modelserver.temporary import TemporaryServer
from tests.support.foreign import LABELS, SIZE, colour_model, model, write_pictures
from training.importing import folding
from training.importing.candidate import Imported
from training.importing.cli import import_
from training.importing.errors import ArtefactFailed, ArtefactUnsafe
from training.importing.importer import Importer, ImportRequest
from training.importing.intake import Intake
from training.importing.spec import Spec
from training.publish.errors import GateFailed
from training.publish.publisher import Publication
from training.settings import TrainingSettings

SPEC = Spec(scale=1 / 255, mean=(0.5,), std=(0.25,))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("given") / "examples")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    onnx.save(colour_model(), tmp_path / "colours.onnx")
    return tmp_path / "colours.onnx"


def importer(said: list[str] | None = None, timeout: float = 300) -> Importer:
    told = [] if said is None else said
    settings = TrainingSettings(_env_file=None, import_timeout=timeout)
    return Importer(settings, step=lambda _: None, finding=told.append)


def run(
    artefact: Path, examples: Path, root: Path, spec: Spec = SPEC, said: list[str] | None = None, timeout: float = 300
) -> Publication:
    request = ImportRequest("colours", artefact, LABELS, spec, examples)
    return importer(said, timeout).run(request, root)


def nothing_is_visible(root: Path) -> bool:
    return not root.exists() or not [path for path in root.iterdir() if not path.name.startswith(".")]


def test_an_onnx_file_becomes_a_version_like_any_other(file: Path, examples: Path, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("scale: 1/255\nmean: 0.5\nstd: 0.25\n")
    root = tmp_path / "repository"
    arguments = ["colours", str(file), "--labels", ",".join(LABELS), "--preprocessing", str(tmp_path / "spec.yaml")]
    arguments += ["--examples", str(examples), "--repository", str(root), "--json"]
    for version in (1, 2):
        done = CliRunner().invoke(import_, arguments, catch_exceptions=False)
        assert VersionCard.parse(done.stdout).version == version
        assert "It takes RGB pictures of 8×8 pixels as float32 nchw." in done.stderr
        assert "taken for logits" in done.stderr
    card = ModelRepository(root).verify(ModelVersion("colours", 2))
    assert card.output.labels == LABELS
    assert (card.metrics.split, card.metrics.examples, card.metrics.accuracy) == ("examples", 12, 1.0)
    assert card.lineage.source == "import"
    assert card.lineage.data["artefact"] == file_digest(file)
    assert card.lineage.parameters["mean"] == [0.5]
    assert "onnxruntime" in card.lineage.libraries
    assert (card.gates[0].name, card.gates[0].examples) == ("conversion", 12)


def test_the_served_version_knows_the_colours_of_pictures(file: Path, examples: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    publication = run(file, examples, root)
    schema = ImageInput(height=SIZE, width=SIZE)
    tensors = np.stack([to_tensor((examples / label / "1.png").read_bytes(), schema) for label in LABELS])
    with TemporaryServer(root, [publication.card.name]) as server:
        answers = server.infer(publication.card.name, {"image": tensors}, ["probabilities"])["probabilities"]
    assert answers.argmax(axis=1).tolist() == [0, 1, 2]
    golden = GoldenExamples.read(root / "colours-v1" / GOLDEN)
    assert set(golden.labels) == set(LABELS)


def test_many_examples_become_the_reference_for_drift_and_few_are_told(
    file: Path, examples: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    many = write_pictures(tmp_path / "many", each=70)
    imported, few = (_prepared(file, given, tmp_path, said) for given in (many, examples))
    assert imported.reference == ReferenceFile(examples=210)
    imported.build(tmp_path / "staged")
    found = Reference.read(tmp_path / "staged" / REFERENCE)
    assert [one.name for one in found.features] == ["brightness", "contrast", "sharpness"]
    assert {one.name: one.count for one in found.label.categories} == dict.fromkeys(LABELS, 70)
    assert few.reference is None
    few.build(tmp_path / "few")
    assert not (tmp_path / "few" / REFERENCE).exists()
    told = [one for one in said if "drift" in one]
    assert told == [
        "12 examples are too few to say what its pictures look like, so drift can't be found; 200 are enough."
    ]


def _prepared(file: Path, examples: Path, folder: Path, said: list[str]) -> Imported:
    request, work = ImportRequest("colours", file, LABELS, SPEC, examples), folder / f"work-{examples.name}"
    work.mkdir()
    return importer(said).prepare(request, work)


def save_module(folder: Path, module: Any, serve: Callable[[Any], Any]) -> Path:
    """Save a module's function as two signatures, one of which is the usual one."""
    module.serve = tf.function(serve, input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32, "pixels")])
    tf.saved_model.save(module, str(folder), {"serving_default": module.serve, "other": module.serve})
    return folder


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same scores in TensorFlow, as probabilities, with another output beside them."""
    module = tf.Module()
    module.weights = tf.Variable(np.eye(3, dtype=np.float32)[:, ::-1])

    def serve(pixels: Any) -> Any:
        mean = tf.reduce_mean(pixels, (1, 2))
        return {"scores": tf.nn.softmax(mean @ module.weights), "mean": mean}

    return save_module(tmp_path_factory.mktemp("saved") / "colours", module, serve)


def test_a_saved_model_becomes_a_version(saved_model: Path, examples: Path, tmp_path: Path) -> None:
    said: list[str] = []
    publication = run(saved_model, examples, tmp_path / "root", SPEC.model_copy(update={"answer": "scores"}), said)
    assert publication.card.metrics.accuracy == 1.0
    assert publication.card.lineage.parameters["format"] == "savedmodel"
    assert said == [
        "It takes RGB pictures of 8×8 pixels as float32 nhwc.",
        "Its answers are taken for probabilities: the graph ends in Softmax.",
        "12 examples are too few to say what its pictures look like, so drift can't be found; 200 are enough.",
    ]
    assert not list((tmp_path / "root").glob("*/1/model.savedmodel")), "it wouldn't take what the card says"


def test_a_saved_model_that_touches_files_is_refused_before_it_runs(examples: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")

    def serve(pixels: Any) -> Any:
        tf.io.write_file(str(tmp_path / "stolen"), tf.io.read_file(str(tmp_path / "secret")))
        return tf.reduce_mean(pixels, (1, 2))

    save_module(tmp_path / "reader", tf.Module(), serve)
    with pytest.raises(ArtefactUnsafe, match="ReadFile"):
        run(tmp_path / "reader", examples, tmp_path / "root")
    assert not (tmp_path / "stolen").exists()
    assert nothing_is_visible(tmp_path / "root")


def test_a_saved_model_with_a_link_is_refused(saved_model: Path, examples: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "saved_model.pb").symlink_to(saved_model / "saved_model.pb")
    with pytest.raises(ArtefactUnsafe, match="symbolic link"):
        run(tmp_path / "linked", examples, tmp_path / "root")


def test_a_graph_that_answers_otherwise_than_the_original_never_becomes_visible(
    file: Path, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = folding._prepare

    def wrong(chain: folding.Chain, intake: Intake) -> None:
        right(chain, intake.model_copy(update={"scale": intake.scale * 1.01}))

    monkeypatch.setattr(folding, "_prepare", wrong)
    with pytest.raises(GateFailed):
        run(file, examples, tmp_path / "root")
    assert nothing_is_visible(tmp_path / "root")


def test_labels_in_the_wrong_order_are_pointed_out(file: Path, examples: Path, tmp_path: Path) -> None:
    said: list[str] = []
    request = ImportRequest("colours", file, ("green", "red", "blue"), SPEC, examples)
    publication = importer(said).run(request, tmp_path / "root", dry_run=True)
    assert publication.card.metrics.accuracy == 0.0
    assert "check the order of the labels" in " ".join(said)
    assert nothing_is_visible(tmp_path / "root")


def test_an_artefact_that_never_answers_is_given_up(examples: Path, tmp_path: Path) -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Identity", ["at"], ["next"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("at", TensorProto.FLOAT, ["n", 3]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, ["n", 3]),
        ],
    )
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Loop", ["", "yes", "mean"], ["scores"], body=body),
    ]
    yes = [numpy_helper.from_array(np.array(True), "yes")]
    endless = model(nodes, yes, given=("pixels", 1, ("n", 3, SIZE, SIZE)), answer=("scores", ("n", 3)))
    onnx.save(endless, tmp_path / "endless.onnx")
    with pytest.raises(ArtefactFailed, match="in 3 seconds"):
        run(tmp_path / "endless.onnx", examples, tmp_path / "root", timeout=3)


def test_an_artefact_that_can_t_be_run_is_one_sentence(examples: Path, tmp_path: Path) -> None:
    broken = colour_model()
    broken.graph.node[1].input[0] = "nowhere"
    onnx.save(broken, tmp_path / "broken.onnx")
    with pytest.raises(ArtefactFailed, match="can't be run on the examples: "):
        run(tmp_path / "broken.onnx", examples, tmp_path / "root")


def test_answers_that_are_no_numbers_are_refused(examples: Path, tmp_path: Path) -> None:
    onnx.save(colour_model(end="Log"), tmp_path / "log.onnx")
    with pytest.raises(ArtefactFailed, match="no finite number"):
        run(tmp_path / "log.onnx", examples, tmp_path / "root")


def test_a_refusal_leaves_nothing_behind(file: Path, examples: Path, tmp_path: Path) -> None:
    places = {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(Path(__file__).parents[3])}
    (tmp_path / "tmp").mkdir()
    (tmp_path / "spec.yaml").write_text("size: 9\nscale: 1\n")
    arguments = ["--labels", ",".join(LABELS), "--preprocessing", "spec.yaml", "--examples", str(examples)]
    done = subprocess.run(
        [sys.executable, "-m", "trireme", "import", "colours", str(file), *arguments],
        cwd=tmp_path,
        env=places,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("error: The graph takes pictures 8 high and 8 wide, and the spec's `size` differs.\n")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "model_repository").exists()


@pytest.mark.parametrize("name", ["Colours", "colours-v2"])
def test_a_name_is_checked_first(file: Path, examples: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(NameInvalid):
        importer().run(ImportRequest(name, file, LABELS, SPEC, examples), tmp_path / "root")
