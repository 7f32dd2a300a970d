from pathlib import Path

import numpy as np
import pytest

from training.checkpoint import Checkpoint
from training.errors import CheckpointInvalid
from training.history import Epoch, Position

State = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]

EPOCH = Epoch(1, 0.1 + 0.2, 0.5, 0.25, 3.0, 0.01)
POSITION = Position(epoch=1, step=3, loss_sum=1 / 3, right=5, seen=9, seconds=2.5, history=[EPOCH])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    state: State = {"model/0": np.linspace(0, 1, 7, dtype=np.float32), "optimizer/0": np.array(5, np.int64)}
    Checkpoint(state, POSITION.dump()).write(tmp_path / "checkpoint.npz")
    return tmp_path / "checkpoint.npz"


def test_what_is_read_is_what_was_written_bit_for_bit(path: Path) -> None:
    checkpoint = Checkpoint.read(path)
    assert Position.load(checkpoint.progress) == POSITION
    assert checkpoint.state["model/0"].tobytes() == np.linspace(0, 1, 7, dtype=np.float32).tobytes()
    assert checkpoint.state["optimizer/0"].dtype == np.int64


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_truncated_checkpoint_is_refused(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointInvalid):
        Checkpoint.read(path)


def test_a_pickle_is_never_loaded(path: Path) -> None:
    np.savez(path, progress=np.frombuffer(b"{}", np.uint8), weights=np.array([print], dtype=object))
    with pytest.raises(CheckpointInvalid):
        Checkpoint.read(path)


def test_a_checkpoint_without_progress_is_refused(path: Path) -> None:
    np.savez(path, x=np.zeros(1))
    with pytest.raises(CheckpointInvalid):
        Checkpoint.read(path)


def test_a_position_sums_up_its_epoch() -> None:
    position = Position()
    position.count(2.0, 1, 4)
    position.count(1.0, 3, 4)
    epoch = position.close_epoch(validation_accuracy=0.4, learning_rate=0.1)
    assert (epoch.epoch, epoch.loss, epoch.accuracy) == (1, 1.5, 0.5)
    assert position == Position(epoch=1, history=[epoch])
