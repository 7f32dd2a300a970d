"""The verbs as a user calls them, in processes of their own."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.cifar10 import sample, write_batches
from tests.support.published import published_by_hand
from training.data.export import export_folders
from training.runs import CHECKPOINT, SAVED_MODEL

TRAIN = ["train", "pets", "--data", "pets", "--epochs"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    export_folders(sample(), tmp_path / "pets", ["cat", "dog"])
    return tmp_path


def start(folder: Path, *arguments: str, stderr: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    places = {"TRAINING_RUNS_DIR": "runs", "TRAINING_CACHE_DIR": "cache", "TRAINING_CHECKPOINT_STEPS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.training_command", *arguments],
        cwd=folder,
        env={**os.environ, **places, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def read_terminal(descriptor: int) -> str:
    """Everything that a terminal shows until its last writer has gone, which Linux tells by an error."""
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(descriptor, 65536):
            shown += part
    os.close(descriptor)
    return shown.decode()


def call(folder: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    """Run a verb to its end; returns what it printed on stdout and stderr."""
    process = start(folder, *arguments)
    out, err = process.communicate(timeout=200)
    assert process.returncode == status, err
    return out, err


def stop_after_a_checkpoint(process: "subprocess.Popen[str]", folder: Path, how: signal.Signals) -> str:
    """Wait for the first checkpoint, send the signal, and return what stderr says."""
    deadline = time.monotonic() + 120
    while not list(folder.glob(f"runs/*/{CHECKPOINT}")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(how)
    return process.communicate(timeout=60)[1]


def test_on_a_terminal_the_progress_is_live(folder: Path) -> None:
    terminal, end = pty.openpty()
    process = start(folder, *TRAIN, "2", stderr=end)
    os.close(end)
    shown = read_terminal(terminal)
    assert process.communicate(timeout=60)[0]
    assert process.returncode == 0, shown
    assert "\x1b[2K" in shown, "a line is drawn over again and again"
    assert re.search(r"Epoch 1/2 .*loss.*steps", shown)


def test_an_interrupted_run_can_be_resumed(folder: Path) -> None:
    process = start(folder, *TRAIN, "30")
    said = stop_after_a_checkpoint(process, folder, signal.SIGINT)
    run = next(folder.glob("runs/*")).name
    assert process.returncode == 130
    assert said.endswith(f"Interrupted. Go on with --resume {run}.\n")
    out, said = call(folder, "train", "pets", "--resume", "latest", "--json")
    assert json.loads(out)["run"] == run
    assert len(json.loads(out)["record"]["history"]) == 30
    assert f"Going on with run {run}." in said
    assert (folder / "runs" / run / SAVED_MODEL).is_dir()


def test_a_published_version_is_fine_tuned_on_a_folder_without_splits(folder: Path, trained: Path) -> None:
    published_by_hand(trained, folder / "repository")
    (folder / "pets" / "train" / "dog" / "broken.jpg").touch()
    arguments = ["--data", "pets/train", "--from", "cifar10:1", "--repository", "repository", "--max-bad", "0.02"]
    out, said = call(folder, "train", "cats-dogs", *arguments, "--epochs", "1", "--json")
    record = json.loads(out)["record"]
    assert record["lineage"]["parent"] == "cifar10-v1"
    assert record["evaluation"]["examples"] == 8
    assert "1 of 73 picture files can't be read and are left out: dog/broken.jpg (the picture is empty)." in said
    assert "fine-tuned from cifar10-v1." in said


def test_what_can_not_be_fine_tuned_is_one_sentence(folder: Path, trained: Path) -> None:
    published_by_hand(trained, folder / "model_repository")
    for wanted, sentence in (
        ("wolves", "There is no model 'wolves'."),
        ("cifar10:7", "Model 'cifar10' has no version 7."),
    ):
        said = call(folder, "train", "cats-dogs", "--data", "pets", "--from", wanted, status=1)[1]
        assert said == f"{sentence}\n"


def test_an_unknown_run_and_an_impossible_request_are_one_sentence(folder: Path) -> None:
    assert call(folder, "train", "pets", "--resume", "nothing", status=1)[1] == "There is no training run 'nothing'.\n"
    said = call(folder, "train", "wolves", status=1)[1]
    assert said == "There is no data set 'wolves'; give a picture folder with --data.\n"


def test_data_are_fetched_from_a_folder_only_when_they_are_the_real_ones(folder: Path) -> None:
    write_batches(folder / "given")
    said = call(folder, "data", "fetch", "cifar10", "--data", "given", status=1)[1]
    assert "CIFAR-10 from the folder given is damaged: data_batch_1.bin differs from its pinned digest." in said
    assert "no data set 'mnist'" in call(folder, "data", "fetch", "mnist", status=1)[1]


def test_data_are_shown_to_people_and_programs(folder: Path) -> None:
    shown = json.loads(call(folder, "data", "show", "pets", "--json")[0])
    assert shown["counts"]["test"] == {"cat": 10, "dog": 10}
    assert set(shown["digests"]) == {"train", "validation", "test"}
    assert "dog" in call(folder, "data", "show", "pets")[0]


def test_data_are_exported_as_folders(folder: Path) -> None:
    out, _ = call(folder, "data", "export", "pets", "few", "--labels", "dog", "--limit", "2")
    assert out == "6 pictures are in few.\n"
    assert len(list(folder.glob("few/*/dog/*.png"))) == 6


def test_the_verbs_load_no_framework_before_they_are_used(folder: Path) -> None:
    code = "import sys, training.cli; print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"
