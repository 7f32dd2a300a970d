import io
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from contract.errors import ModelUnknown, VersionDamaged, VersionUnknown
from contract.inputs import ImageInput
from contract.repository import SAVED_MODEL, ModelRepository
from tests.support.cifar10 import sample
from tests.support.published import published_by_hand
from tests.support.trained import quiet_settings
from training import runs, saved_model
from training.architectures import ARCHITECTURES, Shape, architecture
from training.data.export import export_folders
from training.display import TrainingDisplay
from training.errors import CheckpointInvalid, ParentUnfit, RequestInvalid
from training.history import Position
from training.parent import Parent, Start, find_parent
from training.request import TrainingRequest
from training.runs import RunRecord
from training.saved_model import SavedModel, read_weights
from training.service import Training

PAIR = ("cat", "dog")


@pytest.fixture(scope="module")
def repository(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds `cifar10-v1`, trained on the sample; tests must not write to it."""
    root = tmp_path_factory.mktemp("repository")
    published_by_hand(trained, root)
    return root


@pytest.fixture(scope="module")
def parent(repository: Path) -> Parent:
    return find_parent(ModelRepository(repository), "cifar10")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    export_folders(sample(), tmp_path / "pets", PAIR)
    return tmp_path / "pets"


def service(root: Path) -> Training:
    return Training(quiet_settings(root), Console(file=io.StringIO()))


def request(pets: Path, parent: Parent | None, epochs: int = 2) -> TrainingRequest:
    return TrainingRequest.of("pets", parent, folder=pets, epochs=epochs)


def answers(run: Path) -> bytes:
    return SavedModel(run / runs.SAVED_MODEL).probabilities(sample().test.images).tobytes()


@pytest.mark.parametrize(("name", "mirrored"), [*((name, False) for name in ARCHITECTURES), ("fast", True)])
def test_the_weights_of_a_saved_model_are_read_in_the_network_s_order(
    name: str, mirrored: bool, tmp_path: Path
) -> None:
    shape = Shape(ImageInput(height=16, width=16), 3, (120.0,) * 3, (60.0,) * 3)
    model = architecture(name).build(shape)
    chance = np.random.default_rng(0)
    weights = [chance.normal(size=weight.shape).astype(np.float32) for weight in model.get_weights()]
    model.set_weights(weights)
    saved_model.export(model, architecture(name), shape, tmp_path / "model", with_mirrored=mirrored)
    read = read_weights(tmp_path / "model")
    assert len(read) == len(weights)
    assert all(np.array_equal(*pair) for pair in zip(read, weights, strict=True))


def test_before_its_first_step_the_child_knows_what_its_parent_knew(parent: Parent) -> None:
    start = parent.start()
    shape = Shape(sample().input, 2, start.mean, start.deviation)
    model = architecture("fast").build(shape)
    start.give_to(model, PAIR)
    images = sample().test.images
    whole = SavedModel(parent.folder / SAVED_MODEL).probabilities(images)
    known = whole[:, [parent.card.output.labels.index(label) for label in PAIR]]
    expected = known / known.sum(axis=1, keepdims=True)
    assert keras.ops.convert_to_numpy(model(images)) == pytest.approx(expected, abs=1e-5)


def test_a_label_that_is_new_begins_at_random(parent: Parent) -> None:
    start = parent.start()
    model = architecture("fast").build(Shape(sample().input, 3, start.mean, start.deviation))
    before = model.get_weights()[-1]
    start.give_to(model, ("cat", "dog", "wolf"))
    head = model.get_weights()[-1]
    assert np.array_equal(head[:, 2], before[:, 2])
    assert np.array_equal(head[:, 0], start.weights[-1][:, parent.card.output.labels.index("cat")])


def test_a_fine_tuned_model_keeps_what_its_parent_s_first_layers_are_used_to(
    parent: Parent, pets: Path, tmp_path: Path
) -> None:
    run = service(tmp_path).start(request(pets, parent))
    lineage = RunRecord.read(run).lineage
    assert lineage.parent == "cifar10-v1"
    assert lineage.parameters["profile"] == "finetune"
    assert lineage.parameters["mean"] == parent.card.lineage.parameters["mean"]
    filters = read_weights(run / runs.SAVED_MODEL)[0]
    assert np.array_equal(filters, parent.start().weights[0])
    assert not (run / runs.START).exists()


def test_fine_tuning_begins_where_training_anew_has_not_come_yet(parent: Parent, pets: Path, tmp_path: Path) -> None:
    tuned = RunRecord.read(service(tmp_path).start(request(pets, parent, epochs=4)))
    anew = RunRecord.read(service(tmp_path).start(request(pets, None, epochs=4)))
    assert float(str(tuned.history[0]["loss"])) < float(str(anew.history[0]["loss"]))
    assert float(str(tuned.history[-1]["accuracy"])) > 0.6


class Interrupt(TrainingDisplay):
    """A person who presses Ctrl-C in the second epoch."""

    def show_step(self, position: Position) -> None:
        super().show_step(position)
        if position.epoch == 1:
            raise KeyboardInterrupt


def test_an_interrupted_fine_tuning_goes_on_without_the_repository(
    parent: Parent, pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = service(tmp_path / "whole").start(request(pets, parent))
    copy = Path(shutil.copytree(parent.folder, tmp_path / "copy" / "cifar10-v1"))
    training = service(tmp_path / "broken")
    with monkeypatch.context() as patch:
        patch.setattr("training.job.TrainingDisplay", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            training.start(request(pets, Parent(parent.card, copy)))
    shutil.rmtree(copy)
    (run,) = training.runs.unfinished("pets")
    resumed = training.resume("pets", run)
    assert RunRecord.read(resumed).lineage.parent == "cifar10-v1"
    assert answers(resumed) == answers(whole)


def test_another_picture_size_fits_where_the_network_takes_any(parent: Parent) -> None:
    model = architecture("fast").build(Shape(ImageInput(height=48, width=48), 2, (120.0,) * 3, (60.0,) * 3))
    start = parent.start()
    start.give_to(model, PAIR)
    given = zip(model.get_weights()[:-1], start.weights[:-1], strict=True)
    assert all(np.array_equal(*pair) for pair in given)


def test_a_network_that_does_not_fit_is_refused_and_no_run_begins(pets: Path, tmp_path: Path) -> None:
    run = service(tmp_path / "cnn4").start(TrainingRequest("pets", architecture="cnn4", folder=pets, epochs=1))
    published_by_hand(run, tmp_path / "repository")
    parent = find_parent(ModelRepository(tmp_path / "repository"), "pets:1")
    training = service(tmp_path)
    with pytest.raises(ParentUnfit, match="another picture size may be the reason"):
        training.start(TrainingRequest.of("pets", parent, folder=pets, size=64))
    assert list(training.runs.root.glob("*")) == []


def test_another_architecture_is_refused_before_any_work(parent: Parent) -> None:
    with pytest.raises(ParentUnfit, match="cifar10-v1 is a network 'fast', not 'cnn4'"):
        TrainingRequest.of("pets", parent, architecture="cnn4", folder=Path("pets")).check()


def test_a_version_that_was_not_trained_here_is_refused(parent: Parent) -> None:
    lineage = parent.card.lineage.model_copy(update={"parameters": {}})
    elsewhere = Parent(parent.card.model_copy(update={"lineage": lineage}), parent.folder)
    with pytest.raises(ParentUnfit, match="was not trained by `trireme train`"):
        TrainingRequest.of("pets", elsewhere, folder=Path("pets"))


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ("wolves", ModelUnknown),
        ("cifar10:2", VersionUnknown),
        ("cifar10:", RequestInvalid),
        ("cifar10:0", RequestInvalid),
        ("cifar10:x", RequestInvalid),
    ],
)
def test_a_parent_that_is_not_there_is_one_sentence(repository: Path, wanted: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        find_parent(ModelRepository(repository), wanted)


def test_a_parent_whose_files_were_changed_is_never_read(repository: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(repository, tmp_path / "repository"))
    with next(copy.glob("cifar10-v1/1/model.savedmodel/variables/*.data*")).open("ab") as file:
        file.write(b"x")
    with pytest.raises(VersionDamaged):
        find_parent(ModelRepository(copy), "cifar10:1")


def test_a_saved_model_without_weights_is_unfit(parent: Parent, tmp_path: Path) -> None:
    with pytest.raises(ParentUnfit, match="no weights that can be read"):
        Parent(parent.card, tmp_path).start()


def test_the_kept_start_is_read_as_it_was_written_and_damage_is_told(parent: Parent, tmp_path: Path) -> None:
    start, path = parent.start(), tmp_path / runs.START
    start.write(path)
    read = Start.read(path)
    assert (read.labels, read.mean, read.deviation) == (start.labels, start.mean, start.deviation)
    assert all(np.array_equal(*pair) for pair in zip(read.weights, start.weights, strict=True))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CheckpointInvalid):
        Start.read(path)


def test_the_card_names_a_parent_only_as_a_version(parent: Parent) -> None:
    data = parent.card.lineage.model_dump() | {"parent": "cifar10"}
    with pytest.raises(ValueError, match="it names no version"):
        type(parent.card.lineage).model_validate(data)
