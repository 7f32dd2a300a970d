"""Publishing a trained run, over a real Triton."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from contract.drift.reference import Reference
from contract.golden import GoldenExamples
from contract.names import ModelVersion
from contract.repository import GOLDEN, ONNX_MODEL, ModelRepository
from modelserver.temporary import TemporaryServer
from tests.integration.publish.folders import visible, with_graph
from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings, sample_plan
from training import runs
from training.errors import PublishWithdrawn, RunUnfinished
from training.job import TrainingJob
from training.publish import publish
from training.publish.cli import publish as publish_command
from training.publish.errors import GateFailed
from training.publish.staging import STAGING
from training.run_store import RunStore


@pytest.fixture(scope="module")
def repository(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the trained run as version 1; tests must not write to it."""
    root = tmp_path_factory.mktemp("repository")
    publish(trained, root)
    return root


@pytest.fixture(scope="module")
def converted(repository: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run with its graph, as a contest leaves it: nothing is converted twice."""
    (graph,) = repository.glob(f"*-v1/{ONNX_MODEL}")
    return with_graph(trained, graph, tmp_path_factory.mktemp("converted") / "run")


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repository, tmp_path / "repository"))


def test_a_published_version_is_whole_and_says_where_it_comes_from(repository: Path, trained: Path) -> None:
    store = ModelRepository(repository)
    record = runs.RunRecord.read(trained)
    card = store.verify(store.latest(record.model))
    assert card.metrics == record.evaluation
    assert card.lineage == record.lineage
    assert (card.engine.opset, card.engine.ir_version) == (17, 8)
    assert {"config.pbtxt", "labels.txt", "golden.parquet", "1/model.onnx"} <= card.files.keys()
    assert any(name.startswith("1/model.savedmodel/") for name in card.files)


def test_a_version_says_what_its_training_pictures_looked_like(repository: Path) -> None:
    store = ModelRepository(repository)
    card = store.card(store.latest("cifar10"))
    assert card.reference is not None
    reference = Reference.read(store.folder(card.name) / card.reference.file)
    assert [one.name for one in reference.features] == ["brightness", "contrast", "sharpness"]
    assert {int(one.cells.sum()) for one in reference.features} == {card.reference.examples}
    assert reference.confidence.present == card.metrics.examples


def test_a_network_with_mirrored_pictures_averaged_holds_its_weights_once(repository: Path, tmp_path: Path) -> None:
    runs_dir = RunStore(tmp_path / "runs")
    plan = sample_plan(runs_dir.new_id(), epochs=1).model_copy(update={"mirrored": True})
    runs_dir.create(plan)
    job = TrainingJob(plan, sample(), quiet_settings(tmp_path), Console(file=io.StringIO()))
    both = publish(job.run(runs_dir), tmp_path / "repository").folder
    assert both is not None
    plain = repository / both.name
    assert (both / ONNX_MODEL).stat().st_size < 1.1 * (plain / ONNX_MODEL).stat().st_size


def test_the_gate_s_numbers_are_in_the_card(repository: Path, trained: Path) -> None:
    store = ModelRepository(repository)
    (gate,) = store.card(store.latest(runs.RunRecord.read(trained).model)).gates
    assert (gate.name, gate.passed) == ("conversion", True)
    assert 0 <= gate.measured["max_probability_difference"] <= gate.limits["max_probability_difference"] == 1e-4
    assert gate.server.startswith("Triton 2.")


def test_the_served_version_answers_as_the_trained_model_did(repository: Path, trained: Path) -> None:
    name = ModelRepository(repository).latest(runs.RunRecord.read(trained).model)
    golden = GoldenExamples.read(repository / name.triton_name / GOLDEN)
    with TemporaryServer(repository, [name]) as server:
        answers = server.infer(name, {"image": golden.tensors[:32]}, ["probabilities"])["probabilities"]
    np.testing.assert_allclose(answers, golden.probabilities[:32], atol=1e-4)


def test_the_next_publish_gets_the_next_number_and_touches_nothing_older(copy: Path, converted: Path) -> None:
    store = ModelRepository(copy)
    first = store.latest(runs.RunRecord.read(converted).model)
    before = store.card(first)
    publication = publish(converted, copy)
    assert publication.card.version == 2
    assert store.verify(first) == before
    assert not list((copy / STAGING).glob("*"))


def test_published_files_can_not_be_written(repository: Path) -> None:
    files = [path for path in repository.glob("*-v1/**/*") if path.is_file()]
    assert files
    assert not any(path.stat().st_mode & 0o222 for path in files)


def test_a_dry_run_proves_and_publishes_nothing(copy: Path, converted: Path) -> None:
    before = visible(copy)
    publication = publish(converted, copy, dry_run=True)
    assert publication.folder is None
    assert publication.card.gates[0].passed
    assert visible(copy) == before


def _spoil(run: Path, target: Path) -> Path:
    """A run whose golden examples hold other answers than its model gives."""
    spoiled = Path(shutil.copytree(run, target))
    golden = GoldenExamples.read(spoiled / runs.GOLDEN)
    wrong = golden.probabilities[:, ::-1].copy()
    GoldenExamples(golden.bodies, golden.tensors, wrong, golden.labels).write(spoiled / runs.GOLDEN)
    return spoiled


def test_a_version_that_answers_otherwise_never_becomes_visible(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(GateFailed):
        publish(_spoil(trained, tmp_path / "run"), tmp_path / "repository")
    assert visible(tmp_path / "repository") == []


def test_a_version_that_is_not_wanted_any_more_never_becomes_visible(converted: Path, tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(PublishWithdrawn):
        publish(converted, tmp_path / "repository", tell=said.append, may_reveal=lambda: False)
    assert said[-1].startswith("Proving")
    assert visible(tmp_path / "repository") == []


def test_an_unfinished_run_is_refused_before_anything_is_written(trained: Path, tmp_path: Path) -> None:
    unfinished = Path(shutil.copytree(trained, tmp_path / "run"))
    (unfinished / runs.RECORD).unlink()
    with pytest.raises(RunUnfinished):
        publish(unfinished, tmp_path / "repository")
    assert not (tmp_path / "repository").exists()


def test_two_publishes_at_once_get_two_numbers(converted: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    code = (
        "import sys; from pathlib import Path; from training.publish import publish; publish(*map(Path, sys.argv[1:]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(converted), str(root)]) for _ in range(2)]
    assert [process.wait(timeout=500) for process in both] == [0, 0]
    store = ModelRepository(root)
    assert [store.verify(name).version for name in store.all_versions()] == [1, 2]


FULL = """
set -eu
mount -t tmpfs -o size=$3 tmpfs "$2"
export TRAINING_RUNS_DIR=$(dirname "$1") TRAINING_CACHE_DIR=$(dirname "$1")/cache TRAINING_DATA_DIR=/nowhere
"$4" -m trireme publish "$1" --repository "$2/repository" && exit 9 || status=$?
ls -A "$2/repository"
exit $status
"""


@pytest.mark.parametrize("size", ["64k", "1200k"])
def test_a_full_disk_is_one_sentence_and_leaves_no_version(trained: Path, tmp_path: Path, size: str) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("a small file system can't be mounted without privileges")
    arguments = ["sh", str(trained), str(tmp_path), size, sys.executable]
    done = subprocess.run(["unshare", "-m", "sh", "-c", FULL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: There is no room left for the version")
    assert "-v1" not in done.stdout


def test_the_command_publishes_the_newest_finished_run(trained: Path, tmp_path: Path) -> None:
    nothing = {"TRAINING_CACHE_DIR": str(tmp_path / "cache"), "TRAINING_DATA_DIR": str(tmp_path)}
    environment = {"TRAINING_RUNS_DIR": str(trained.parent), "COLUMNS": "400", **nothing}
    root = tmp_path / "repository"
    done = CliRunner().invoke(publish_command, ["--repository", str(root)], env=environment, catch_exceptions=False)
    assert "version 1" in done.output
    (name,) = ModelRepository(root).all_versions()
    assert name == ModelVersion(runs.RunRecord.read(trained).model, 1)


def test_without_a_finished_run_the_command_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunUnfinished, match="trireme train cifar10"):
        CliRunner().invoke(publish_command, [], env={"TRAINING_RUNS_DIR": str(tmp_path)}, catch_exceptions=False)
