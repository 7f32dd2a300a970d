"""Steps as progress."""

from contract.jobs.documents import Progress
from training.history import Epoch, Position
from training.retrain.progress import StepProgress


class Told:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.progresses: list[Progress] = []

    def progress(self, progress: Progress) -> None:
        self.progresses.append(progress)

    def log(self, line: str) -> None: ...

    def check(self) -> None: ...

    def may_reveal(self) -> bool:
        return True


def test_a_step_tells_where_the_run_is() -> None:
    told = Told()
    StepProgress(told).step(Position(epoch=1, step=2, loss_sum=3.0, right=5, seen=10), 4, 8)
    (progress,) = told.progresses
    assert (progress.epoch, progress.epochs, progress.step, progress.steps) == (2, 4, 2, 8)
    assert (progress.loss, progress.accuracy, progress.validation_accuracy) == (1.5, 0.5, None)


def test_the_time_that_is_left_is_known_from_the_second_step_on() -> None:
    told = Told()
    listener = StepProgress(told)
    for step in (3, 4, 8):
        listener.step(Position(step=step), 1, 8)
    first, second, last = (progress.eta_s for progress in told.progresses)
    assert first is None
    assert second is not None
    assert last == 0


def test_the_last_validation_accuracy_stays_until_the_next_also_of_an_attempt_before() -> None:
    told = Told()
    listener = StepProgress(told)
    epoch = Epoch(1, 0.5, 0.5, 0.75, 1.0, 0.1)
    listener.step(Position(epoch=1, step=1, history=[epoch]), 3, 8)
    listener.epoch(Epoch(2, 0.5, 0.5, 0.875, 1.0, 0.1))
    listener.step(Position(epoch=2, step=1), 3, 8)
    assert [progress.validation_accuracy for progress in told.progresses] == [0.75, 0.875]
