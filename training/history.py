"""Where a run is, and what its epochs came to."""

from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch that is over; epochs count from 1."""

    epoch: int
    loss: float
    """Mean over the steps, on augmented pictures."""
    accuracy: float
    """Share of right answers during training."""
    validation_accuracy: float
    seconds: float
    learning_rate: float
    """The rate after the last step."""


@dataclass
class Position:
    """A place between two steps, with the sums of the epoch so far; epochs and steps count from 0."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    right: int = 0
    seen: int = 0
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        """Share of right answers in this epoch so far."""
        return self.right / max(1, self.seen)

    @property
    def mean_loss(self) -> float:
        """Mean loss of this epoch so far."""
        return self.loss_sum / max(1, self.step)

    def count(self, loss: float, right: int, seen: int) -> None:
        """Take in a step."""
        self.step += 1
        self.loss_sum += loss
        self.right += right
        self.seen += seen

    def close_epoch(self, validation_accuracy: float, learning_rate: float) -> Epoch:
        """Move on to the next epoch; returns the figures of the one that ends."""
        ended = Epoch(self.epoch + 1, self.mean_loss, self.accuracy, validation_accuracy, self.seconds, learning_rate)
        self.history.append(ended)
        self.epoch, self.step, self.loss_sum, self.right, self.seen, self.seconds = self.epoch + 1, 0, 0.0, 0, 0, 0.0
        return ended

    def dump(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Position":
        """What `dump` gave; raises pydantic's `ValidationError`, a `ValueError`."""
        return TypeAdapter(cls).validate_python(data)
