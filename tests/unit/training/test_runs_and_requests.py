import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from contract.errors import NameInvalid
from contract.inputs import ImageInput
from tests.support.cifar10 import sample
from tests.support.trained import sample_plan
from training.display import TrainingDisplay
from training.errors import ArchitectureUnknown, ProfileUnknown, RequestInvalid, RunBusy, RunUnknown, StorageFailed
from training.history import Epoch, Position
from training.plan import PLAN, RunPlan
from training.profiles import profile
from training.request import TrainingRequest
from training.run_store import RunStore
from training.runs import CHECKPOINT, RECORD


@pytest.fixture
def runs(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def test_identifiers_sort_by_time(runs: RunStore) -> None:
    first = runs.new_id()
    deadline = time.monotonic() + 5
    while (second := runs.new_id())[:15] == first[:15] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert first < second


def test_a_plan_is_read_as_it_was_written(runs: RunStore) -> None:
    plan = sample_plan(runs.new_id())
    assert RunPlan.read(runs.create(plan)) == plan


@pytest.mark.parametrize("run", ["20260101-000000-abcdef", "..", "../runs", "", "/"])
def test_only_runs_are_found(runs: RunStore, run: str) -> None:
    runs.root.mkdir()
    with pytest.raises(RunUnknown):
        runs.folder(run)


def test_a_damaged_plan_cannot_go_on(runs: RunStore) -> None:
    folder = runs.create(sample_plan(runs.new_id()))
    (folder / PLAN).write_text("{")
    with pytest.raises(RunUnknown):
        RunPlan.read(folder)


def test_unfinished_runs_are_those_with_a_checkpoint_and_no_record(runs: RunStore) -> None:
    folders = [runs.create(sample_plan(f"20260101-00000{number}-abcdef")) for number in range(4)]
    other = runs.create(sample_plan("20260101-000009-abcdef", model="pets"))
    for folder in (*folders[:3], other):
        (folder / CHECKPOINT).touch()
    (folders[1] / RECORD).touch()
    assert runs.unfinished("cifar10") == [folders[0].name, folders[2].name]


def test_two_never_work_on_one_run(runs: RunStore) -> None:
    folder = runs.create(sample_plan(runs.new_id()))
    with runs.working_on(folder), pytest.raises(RunBusy), RunStore(runs.root).working_on(folder):
        pass


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    runs = RunStore(tmp_path / "file")
    with pytest.raises(StorageFailed):
        runs.create(sample_plan(runs.new_id()))


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (TrainingRequest("Cats!"), NameInvalid),
        (TrainingRequest("pets"), RequestInvalid),
        (TrainingRequest("cifar10", size=8), RequestInvalid),
        (TrainingRequest("cifar10", seed=-1), RequestInvalid),
        (TrainingRequest("cifar10", epochs=0), RequestInvalid),
        (TrainingRequest("cifar10", max_bad=1.5), RequestInvalid),
        (TrainingRequest("cifar10", architecture="resnet"), ArchitectureUnknown),
        (TrainingRequest("cifar10", profile="slow"), ProfileUnknown),
    ],
)
def test_an_impossible_request_is_refused(request_: TrainingRequest, error: type[Exception]) -> None:
    with pytest.raises(error):
        request_.check()


def test_a_plan_takes_its_epochs_from_the_profile_unless_told() -> None:
    request = TrainingRequest("cifar10", profile="full", architecture="cnn4")
    request.check()
    assert request.plan("x", sample(), "float32").epochs == profile("full").epochs["cnn4"]
    assert TrainingRequest("cifar10", epochs=7).plan("x", sample(), "float32").epochs == 7


def test_few_pictures_make_small_batches_and_more_epochs() -> None:
    plan = TrainingRequest("cifar10").plan("x", sample(), "float32")
    assert plan.batch_size == 360
    assert plan.epochs == profile("quick").steps


@pytest.mark.parametrize(("size", "batch"), [(16, 360), (32, 360), (64, 128), (128, 32), (512, 8)])
def test_large_pictures_make_small_batches_with_small_steps(size: int, batch: int) -> None:
    images = np.zeros((360, size, size, 1), np.uint8)
    split = replace(sample().train, images=images, labels=sample().train.labels)
    data = replace(sample(), input=ImageInput(height=size, width=size, channels=1), train=split)
    plan = TrainingRequest("pets", folder=Path("pets"), size=size).plan("x", data, "float32")
    assert plan.batch_size == batch
    assert plan.rate == pytest.approx(1 if size <= 32 else batch / 512)


def test_rare_labels_count_more_in_the_plan() -> None:
    train = sample().train
    few = np.flatnonzero((train.labels != 3) | (np.cumsum(train.labels == 3) <= 9))
    data = replace(sample(), train=train.take(few))
    weights = TrainingRequest("cifar10").plan("x", data, "float32").class_weights
    assert weights is not None
    assert weights[3] == pytest.approx(4 * weights[0], rel=1e-3)
    assert TrainingRequest("cifar10", class_weights="none").plan("x", data, "float32").class_weights is None
    assert TrainingRequest("cifar10").plan("x", sample(), "float32").class_weights is None


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ProfileUnknown, match="quick"):
        profile("slow")


@pytest.mark.parametrize("terminal", [True, False])
def test_each_epoch_leaves_a_line_with_and_without_a_terminal(terminal: bool) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, width=200)
    with TrainingDisplay(console, epochs=2, steps=10) as display:
        display.show_step(Position(epoch=0, step=3, loss_sum=6.0, right=1, seen=4))
        display.show_epoch(Epoch(1, 1.5, 0.25, 0.5, 3.0, 0.1))
    assert "Epoch 1/2: loss 1.500, accuracy 25.0%, validation accuracy 50.0%, 3 s" in shown.getvalue()
    assert ("3/20 steps" in shown.getvalue()) == terminal
    assert ("loss 2.000  accuracy  25.0%" in shown.getvalue()) == terminal
