"""Runs that end early, answer for mirrored pictures too, or don't fit the machine."""

import io
from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings, sample_plan
from training import results, saved_model
from training import runs as layout
from training.architectures import architecture
from training.backend import make_repeatable
from training.data.catalog import Catalog
from training.data.export import export_folders
from training.early_stopping import BEST, EarlyStopping, best_epoch
from training.errors import MemoryShort, StorageFull
from training.history import Epoch
from training.job import TrainingJob, shape_of
from training.learner import Learner
from training.lookahead import EVERY, Lookahead
from training.mirroring import average
from training.plan import RunPlan
from training.preflight import Needs, needs
from training.room import check_disk, check_memory, free_memory
from training.run_store import RunStore
from training.runs import RunRecord
from training.saved_model import SavedModel


def history(accuracies: Iterable[float]) -> list[Epoch]:
    return [Epoch(number, 1.0, 0.5, accuracy, 1.0, 0.1) for number, accuracy in enumerate(accuracies, start=1)]


def run(plan: RunPlan, root: Path) -> Path:
    runs = RunStore(root / "runs")
    runs.create(plan)
    return TrainingJob(plan, sample(), quiet_settings(root), Console(file=io.StringIO())).run(runs)


@pytest.mark.parametrize(
    ("accuracies", "best", "patience", "stops"),
    [
        ([0.1, 0.2, 0.3], 3, 1, False),
        ([0.1, 0.3, 0.3], 2, 1, True),
        ([0.3, 0.2, 0.1], 1, 3, False),
        ([0.3, 0.2, 0.1, 0.2], 1, 3, True),
        ([0.3, 0.2, 0.1, 0.2], 1, 0, False),
    ],
)
def test_a_run_stops_when_its_patience_is_over(
    tmp_path: Path, accuracies: list[float], best: int, patience: int, stops: bool
) -> None:
    assert best_epoch(history(accuracies)) == best
    assert EarlyStopping(patience, tmp_path).stops(history(accuracies)) is stops


def test_a_run_that_stops_early_has_the_weights_of_its_best_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = iter([0.5, 0.9, 0.3, 0.2, 0.1])
    kept: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []

    def accuracy(learner: Learner, *_: object) -> float:
        kept.append(np.asarray(learner.model(sample().test.images)))
        return next(accuracies)

    monkeypatch.setattr(Learner, "accuracy", accuracy)
    plan = sample_plan("20260101-000000-abcdef", epochs=9).model_copy(update={"patience": 2})
    folder = run(plan, tmp_path)
    assert len(RunRecord.read(folder).history) == 4
    answers = SavedModel(folder / layout.SAVED_MODEL).probabilities(sample().test.images)
    assert answers == pytest.approx(kept[1], abs=1e-4)
    assert answers != pytest.approx(kept[3], abs=1e-2)
    assert not (folder / BEST).exists()


def test_a_mirrored_export_answers_alike_to_a_picture_and_its_mirror_image(tmp_path: Path) -> None:
    shape, chosen, images = shape_of(sample()), architecture("fast"), sample().test.images
    model = chosen.build(shape)
    for name, with_mirrored in (("plain", False), ("mirrored", True)):
        saved_model.export(model, chosen, shape, tmp_path / name, with_mirrored=with_mirrored)
    plain, both = SavedModel(tmp_path / "plain"), SavedModel(tmp_path / "mirrored")
    assert np.abs(plain.probabilities(images) - plain.probabilities(images[:, :, ::-1])).max() > 1e-3
    assert both.probabilities(images) == pytest.approx(both.probabilities(images[:, :, ::-1]), abs=1e-5)
    expected = average(plain.probabilities(images), plain.probabilities(images[:, :, ::-1]))
    assert both.probabilities(images) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", ["fast", "wide"])
def test_large_batches_give_the_same_bits_again(name: str) -> None:
    data, chosen = sample(), architecture(name)
    make_repeatable(0)
    model = chosen.build(shape_of(data))
    learner = Learner(model, chosen.recipe, 6)
    begin, ends = learner.state(), []
    images, labels = (np.concatenate([part] * 2)[:512] for part in (data.train.images, data.train.labels))
    for _ in range(2):
        learner.restore(begin)
        for _ in range(3):
            learner.learn(images, labels)
        ends.append(learner.state())
    assert all(np.array_equal(ends[0][key], ends[1][key]) for key in begin)
    assert not all(np.array_equal(begin[key], ends[0][key]) for key in begin)


def test_slow_weights_hold_back_fast_ones_more_and_more() -> None:
    fast = keras.Variable(np.zeros(1, np.float32))
    lookahead, pulled = Lookahead([fast], 4 * EVERY), []
    for step in range(1, 4 * EVERY + 1):
        fast.assign_add([1.0])
        before = float(fast.value[0])
        lookahead.after(step)
        pulled.append(before - float(fast.value[0]))
    assert [step for step, pull in enumerate(pulled, start=1) if pull] == [EVERY * number for number in (1, 2, 3, 4)]
    assert [pull for pull in pulled if pull] == sorted(pull for pull in pulled if pull)


def test_too_little_memory_or_disk_is_said_before_the_work_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MemoryShort, match=r"The run needs about 1024\.0 GiB of memory"):
        check_memory("The run", 2**40)
    with pytest.raises(StorageFull):
        check_disk("The run", 2**60, tmp_path)
    check_memory("The run", 2**20)
    check_disk("The run", 2**10, tmp_path)
    monkeypatch.setattr("training.job.needs", lambda *_: Needs(2**60, 0))
    with pytest.raises(MemoryShort):
        run(sample_plan("20260101-000000-abcdef"), tmp_path)
    assert not list(tmp_path.rglob("*.npz"))


def test_a_folder_too_large_for_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_folders(sample(), tmp_path / "pets", ["cat", "dog"], 3)
    monkeypatch.setattr("training.room.free_memory", lambda *_: 10_000)
    with pytest.raises(MemoryShort, match="Reading train pictures needs about"):
        Catalog(quiet_settings(tmp_path), Console(file=io.StringIO())).load(str(tmp_path / "pets"))


@pytest.mark.parametrize(
    ("limit", "used"),
    [("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")],
)
def test_a_container_s_limit_counts(tmp_path: Path, limit: str, used: str) -> None:
    unlimited = free_memory(tmp_path)
    (tmp_path / "memory").mkdir()
    (tmp_path / limit).write_text("3000000\n")
    (tmp_path / used).write_text("1000000\n")
    assert free_memory(tmp_path) == 2_000_000 < unlimited
    (tmp_path / limit).write_text("max\n")
    assert free_memory(tmp_path) > 2_000_000


def test_larger_batches_and_networks_need_more() -> None:
    small, large = (architecture(name).build(shape_of(sample())) for name in ("fast", "wide"))
    assert needs(small, sample(), 64).memory < needs(small, sample(), 512).memory < needs(large, sample(), 512).memory
    assert needs(small, sample(), 64).disk < needs(large, sample(), 64).disk


def test_the_table_of_results_can_have_the_accuracy_with_mirrored_pictures(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Catalog, "load", lambda *_, **__: sample())
    monkeypatch.setenv("TRAINING_RUNS_DIR", str(trained.parent))
    results.main(["--mirrored"])
    *_, row = capsys.readouterr().out.splitlines()
    test, model = sample().test, SavedModel(trained / layout.SAVED_MODEL)
    both = average(model.probabilities(test.images), model.probabilities(test.images[:, :, ::-1]))
    assert f"| {float((both.argmax(axis=1) == test.labels).mean()):.2%} |" in row
