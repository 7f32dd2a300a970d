import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

from contract.drift.reference import REFERENCE
from contract.golden import GoldenExamples
from contract.picture import to_tensor
from contract.repository import ANSWERS, PLOTS, REPORT, REPORT_RECORD
from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings, sample_plan, trained_run
from training import runs as layout
from training import saved_model
from training.architectures import architecture
from training.backend import arithmetic
from training.checkpoint import Checkpoint
from training.display import TrainingDisplay
from training.errors import CheckpointInvalid, RunChanged, RunFinished, StorageFailed, TrainingDiverged
from training.evaluation import evaluate
from training.history import Position
from training.job import TrainingJob, shape_of
from training.learner import Learner
from training.plan import RunPlan
from training.run_store import RunStore
from training.runs import RunRecord
from training.saved_model import SavedModel

CONSOLE = Console(file=io.StringIO())


class Interrupt(TrainingDisplay):
    """A person who presses Ctrl-C after so many steps."""

    def __init__(self, after: int) -> None:
        super().__init__(CONSOLE, 1, 1)
        self._after = after

    def show_step(self, position: Position) -> None:
        super().show_step(position)
        self._after -= 1
        if self._after == 0:
            raise KeyboardInterrupt


def job(plan: RunPlan, root: Path) -> TrainingJob:
    return TrainingJob(plan, sample(), quiet_settings(root), CONSOLE)


def interrupted(plan: RunPlan, root: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> RunStore:
    """A run store with a run that was interrupted after so many steps."""
    runs = RunStore(root / "runs")
    runs.create(plan)
    with monkeypatch.context() as patch:
        patch.setattr("training.job.TrainingDisplay", lambda *_: Interrupt(steps))
        with pytest.raises(KeyboardInterrupt):
            job(plan, root).run(runs)
    return runs


def answers(run: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return SavedModel(run / layout.SAVED_MODEL).probabilities(sample().test.images)


def figures(run: Path) -> list[dict[str, object]]:
    return [{**epoch, "seconds": 0} for epoch in RunRecord.read(run).history]


def test_a_finished_run_holds_what_publishing_needs(run: Path) -> None:
    names = {path.name for path in run.iterdir()} - {".lock"}
    report = {REPORT, REPORT_RECORD, PLOTS, ANSWERS}
    assert names == {"plan.json", layout.RECORD, layout.SAVED_MODEL, layout.GOLDEN, REFERENCE} | report


def test_the_model_has_learnt(run: Path) -> None:
    losses = [float(str(epoch["loss"])) for epoch in RunRecord.read(run).history]
    assert losses == sorted(losses, reverse=True)
    assert RunRecord.read(run).evaluation.accuracy >= 0.2


def test_the_saved_model_takes_uint8_pictures_and_gives_named_probabilities(run: Path) -> None:
    model = tf.saved_model.load(str(run / layout.SAVED_MODEL))
    for name in ("serve", "serving_default"):
        signature = model.signatures[name]
        assert signature.structured_input_signature[1]["image"] == tf.TensorSpec((None, 32, 32, 3), tf.uint8, "image")
        outputs = signature.structured_outputs
        assert outputs["probabilities"] == tf.TensorSpec((None, 10), tf.float32, "probabilities")


def test_the_evaluation_is_that_of_the_exported_model_on_the_test_split(run: Path) -> None:
    data = sample()
    assert RunRecord.read(run).evaluation == evaluate("test", data.labels, data.test.labels, answers(run))


def test_the_golden_examples_hold_the_exported_model_s_answers(run: Path) -> None:
    golden = GoldenExamples.read(run / layout.GOLDEN)
    tensors = np.stack([to_tensor(body, sample().input) for body in golden.bodies])
    assert np.array_equal(tensors, golden.tensors)
    assert np.array_equal(SavedModel(run / layout.SAVED_MODEL).probabilities(tensors), golden.probabilities)


def test_the_record_says_where_the_model_comes_from(run: Path) -> None:
    lineage = RunRecord.read(run).lineage
    assert lineage.data == sample().digests()
    assert lineage.run == run.name
    assert lineage.machine
    assert {"architecture": "fast", "seed": 0, "epochs": 3, "batch_size": 60}.items() <= lineage.parameters.items()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(run: Path, tmp_path: Path) -> None:
    again, other = trained_run(tmp_path / "again"), trained_run(tmp_path / "other", seed=1)
    assert answers(again).tobytes() == answers(run).tobytes()
    assert figures(again) == figures(run)
    assert not np.array_equal(answers(other), answers(run))


def test_a_resumed_run_ends_like_an_unbroken_one_bit_for_bit(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = sample_plan("20260101-000000-abcdef")
    runs = interrupted(plan, tmp_path, monkeypatch, steps=9)  # in the second epoch, one step after a checkpoint
    assert runs.unfinished("cifar10") == [plan.id]
    assert Position.load(Checkpoint.read(runs.folder(plan.id) / layout.CHECKPOINT).progress).epoch == 1
    resumed = job(plan, tmp_path).run(runs)
    assert answers(resumed).tobytes() == answers(run).tobytes()
    assert figures(resumed) == figures(run)


def test_dropout_goes_on_too_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = sample_plan("20260101-000000-abcdef", architecture="cnn4", epochs=1)
    runs = interrupted(plan, tmp_path / "broken", monkeypatch, steps=3)
    resumed = job(plan, tmp_path / "broken").run(runs)
    whole_runs = RunStore(tmp_path / "whole" / "runs")
    whole_runs.create(plan)
    whole = job(plan, tmp_path / "whole").run(whole_runs)
    assert answers(resumed).tobytes() == answers(whole).tobytes()


def test_a_finished_run_is_not_trained_again(run: Path) -> None:
    with pytest.raises(RunFinished):
        job(RunPlan.read(run), run.parents[1]).run(RunStore(run.parent))


def test_a_run_does_not_go_on_with_other_data(tmp_path: Path) -> None:
    runs = RunStore(tmp_path / "runs")
    plan = sample_plan(runs.new_id()).model_copy(update={"data": dict.fromkeys(("train",), "0" * 64)})
    runs.create(plan)
    with pytest.raises(RunChanged):
        job(plan, tmp_path).run(runs)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = sample_plan("20260101-000000-abcdef", architecture="cnn4")
    runs = interrupted(plan, tmp_path, monkeypatch, steps=3)
    other = plan.model_copy(update={"id": "20260101-000000-aaaaaa", "architecture": "fast"})
    folder = runs.create(other)
    shutil.copyfile(runs.folder(plan.id) / layout.CHECKPOINT, folder / layout.CHECKPOINT)
    with pytest.raises(CheckpointInvalid):
        job(other, tmp_path).run(runs)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "learn", lambda *_: (float("nan"), 0))
    runs = RunStore(tmp_path / "runs")
    plan = sample_plan(runs.new_id())
    runs.create(plan)
    with pytest.raises(TrainingDiverged):
        job(plan, tmp_path).run(runs)


def test_a_model_trained_in_bfloat16_is_exported_in_float32(tmp_path: Path) -> None:
    shape, chosen = shape_of(sample()), architecture("fast")
    with arithmetic("mixed_bfloat16"):
        trained = chosen.build(shape)
    saved_model.export(trained, chosen, shape, tmp_path / "model")
    exported = SavedModel(tmp_path / "model")
    graph = tf.saved_model.load(str(tmp_path / "model")).signatures["serve"].graph.as_graph_def()
    assert "DT_BFLOAT16" not in str(graph)
    images = sample().test.images
    assert exported.probabilities(images) == pytest.approx(np.asarray(trained(images)), abs=0.1)


def test_an_export_replaces_what_a_killed_one_left(tmp_path: Path) -> None:
    shape, chosen = shape_of(sample()), architecture("fast")
    for left in (tmp_path / "model", tmp_path / ".model"):
        left.mkdir()
        (left / "rubbish").touch()
    saved_model.export(chosen.build(shape), chosen, shape, tmp_path / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
    assert not (tmp_path / "model" / "rubbish").exists()


def test_a_model_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    shape, chosen = shape_of(sample()), architecture("fast")
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        saved_model.export(chosen.build(shape), chosen, shape, tmp_path / "file" / "model")
