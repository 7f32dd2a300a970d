"""A tuned engine on its way into a version: its artefact, its gate, and what serves elsewhere."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from typer.testing import CliRunner

from contract.golden import GoldenExamples
from contract.names import ModelVersion
from contract.repository import CONFIGS, GOLDEN, INT8_ONNX_MODEL, ONNX_MODEL, ModelRepository
from contract.target import Target, read_target
from modelserver.supervisor import Supervisor
from modelserver.temporary import TemporaryServer
from tests.integration.modelserver.rig import PATIENCE_S, Rig
from tests.support.cifar10 import sample
from tests.support.versions import CIFAR10, make_card, network
from training.data.dataset import DataSet
from training.engines.kinds import Settings, kind
from training.engines.record import Candidate, Tuning, TuningStore
from training.engines.served import Examples
from training.errors import DataUnknown
from training.publish import publish
from training.publish.cli import publish as publish_command
from training.publish.errors import EngineUnproven, GateFailed
from training.publish.evidence import Evidence
from training.publish.publisher import Publication, publish_candidate
from training.publish.serving import Serving, plain_engine

HERE = read_target()
ELSEWHERE = Target(cpu="A CPU that nobody has", flags=())
PICTURES = Evidence(Examples(sample().test.images, sample().test.labels), sample().train.images[:64])


def publish_tiny(root: Path, serving: Serving) -> Publication:
    """Publish a network that answers by a picture's mean colour; it takes no TensorFlow."""
    card = make_card(ModelVersion("tiny", 1), CIFAR10, "onnxruntime", {})
    graph = network(CIFAR10, seed=1).SerializeToString()
    (answers,) = onnxruntime.InferenceSession(graph).run(None, {"image": sample().test.images})
    accuracy = float(np.mean(answers.argmax(axis=1) == sample().test.labels))

    def build(staged: Path) -> None:
        (staged / ONNX_MODEL).parent.mkdir(parents=True)
        (staged / ONNX_MODEL).write_bytes(graph)
        test = sample().test
        bodies = [test.body(index) for index in range(16)]
        GoldenExamples(bodies, test.images[:16], answers[:16], ["cat"] * 16).write(staged / GOLDEN)

    evaluation = card.metrics.model_copy(update={"accuracy": accuracy})
    candidate: Any = SimpleNamespace(
        model="tiny", input=card.input, output=card.output, evaluation=evaluation, lineage=card.lineage, reference=None
    )
    return publish_candidate(candidate, build, root, serving=serving)


def bound(name: str, settings: Settings) -> Serving:
    """An engine that is bound to a machine."""
    return Serving(kind(name).engine(settings, HERE), PICTURES)


class Sample:
    """The data of every run in these tests."""

    def load(self, run: Path) -> DataSet:
        return sample()


class Gone:
    """Data that aren't there any more."""

    def load(self, run: Path) -> DataSet:
        raise DataUnknown("There is no folder pictures.")


def tuned(root: Path, name: str, settings: Settings, target: Target = HERE) -> TuningStore:
    """A tuning of `cifar10` whose best is this engine."""
    best = Candidate(name="best", kind=name, settings=str(settings), engine=kind(name).engine(settings, target))
    tuning = Tuning(
        model="cifar10",
        version=1,
        created=datetime.now(UTC),
        target=target,
        cores=2,
        server="none",
        libraries={},
        examples=1,
        max_loss=0.002,
        seconds=1,
        candidates=(best,),
        chosen="best",
    )
    store = TuningStore(root)
    store.write(tuning)
    return store


@pytest.fixture
def no_loss_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the sample's hundred test pictures is a whole point; what int8 costs is not what these tests are about."""
    monkeypatch.setattr("training.publish.engine_gate.MAX_ACCURACY_LOSS", 1.0)


def test_a_plain_version_proves_its_accuracy_over_the_served_path(tmp_path: Path) -> None:
    card = publish_tiny(tmp_path, Serving(plain_engine(), PICTURES)).card
    gate = next(gate for gate in card.gates if gate.name == "engine")
    assert gate.examples == len(sample().test)
    assert gate.measured["accuracy"] == pytest.approx(card.metrics.accuracy)
    assert gate.limits == {"accuracy_loss": 0.002}
    assert (card.engine.precision, card.fallback, card.omitted) == ("float32", None, {})


def test_without_the_test_pictures_a_plain_version_says_why_its_gate_is_missing(trained: Path, tmp_path: Path) -> None:
    evidence = Evidence.of_run(trained, Gone(), needed=False)
    card = publish_tiny(tmp_path, Serving(plain_engine(), evidence)).card
    assert [gate.name for gate in card.gates] == ["conversion"]
    assert card.omitted == {"engine": "There is no folder pictures."}


def test_without_the_test_pictures_a_tuned_version_is_refused(trained: Path, tmp_path: Path) -> None:
    store = tuned(tmp_path / "tuning", "onnxruntime-int8", Settings())
    with pytest.raises(DataUnknown):
        publish(trained, tmp_path / "repository", data=Gone(), tunings=store)
    assert not (tmp_path / "repository").exists()
    with pytest.raises(EngineUnproven):
        Serving(kind("openvino").engine(Settings(), HERE), Evidence())


@pytest.mark.usefixtures("no_loss_is_too_large")
def test_a_tuned_engine_serves_on_its_machine_and_float32_elsewhere(tmp_path: Path) -> None:
    serving = bound("openvino-int8", Settings(instances=2, threads=1, max_batch_size=16, queue_delay_us=100))
    card = publish_tiny(tmp_path, serving).card
    assert card.engine == serving.engine
    assert card.fallback == plain_engine(16)
    assert {gate.name for gate in card.gates} == {"conversion", "engine"}
    files = ModelRepository(tmp_path).verify(card.name).files
    assert files.keys() >= {f"{CONFIGS}/{HERE.name}.pbtxt", serving.engine.artefact}

    golden = GoldenExamples.read(tmp_path / str(card.name) / GOLDEN)
    here, elsewhere = (_ask(tmp_path, card.name, golden, target) for target in (HERE, ELSEWHERE))
    np.testing.assert_allclose(elsewhere, golden.probabilities, atol=1e-4)
    np.testing.assert_allclose(here, golden.probabilities, atol=0.1)
    assert np.abs(here - elsewhere).max() > 1e-6, "another engine answers"


def _ask(root: Path, name: ModelVersion, golden: GoldenExamples, target: Target) -> np.ndarray:
    with TemporaryServer(root, [name], target=target) as server:
        return server.infer(name, {"image": golden.tensors}, ["probabilities"])["probabilities"]


def test_a_tuned_engine_that_loses_too_much_never_becomes_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.publish.engine_gate.MAX_ACCURACY_LOSS", -1.0)
    with pytest.raises(GateFailed, match="Tune anew, or publish with --plain"):
        publish_tiny(tmp_path, bound("onnxruntime-int8", Settings()))
    assert ModelRepository(tmp_path).all_versions() == []


def test_the_gate_notices_that_triton_serves_another_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.publish.serving.CONFIGS", "misspelt")
    with pytest.raises(GateFailed, match="another engine"):
        publish_tiny(tmp_path, bound("onnxruntime-int8", Settings()))


@pytest.mark.usefixtures("no_loss_is_too_large")
def test_the_embedded_server_falls_back_on_another_machine_with_one_warning(
    trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(tmp_path)
    store = tuned(tmp_path / "tuning", "onnxruntime-int8", Settings())
    name = publish(trained, rig.repository, data=Sample(), tunings=store).card.name
    golden = GoldenExamples.read(rig.repository / str(name) / GOLDEN)
    rig.serve(cifar10=(1,))
    with Supervisor(rig.settings, HERE) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        tuned_answer = rig.answer(name, golden.tensors[:4])
    assert "another machine" not in caplog.text
    with Supervisor(rig.with_ports(), ELSEWHERE) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
    assert caplog.text.count("cifar10-v1 was tuned for another machine") == 1
    assert np.abs(tuned_answer - golden.probabilities[:4]).max() > 1e-6


def test_the_command_publishes_plainly_when_told(trained: Path, tmp_path: Path) -> None:
    tuned(tmp_path / "tuning", "onnxruntime-int8", Settings())
    environment = {
        "TRAINING_RUNS_DIR": str(trained.parent),
        "TRAINING_TUNING_DIR": str(tmp_path / "tuning"),
        "TRAINING_CACHE_DIR": str(tmp_path / "cache"),
        "TRAINING_DATA_DIR": str(tmp_path),
        "COLUMNS": "300",
    }
    arguments = ["--plain", "--repository", str(tmp_path / "r")]
    done = CliRunner().invoke(publish_command, arguments, env=environment, catch_exceptions=False)
    assert "onnxruntime in float32, whose accuracy was not measured: The folder" in done.output
    (name,) = ModelRepository(tmp_path / "r").all_versions()
    assert INT8_ONNX_MODEL not in ModelRepository(tmp_path / "r").card(name).files
