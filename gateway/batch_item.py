"""What waits for a call to the model server, and who waits for it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gateway.errors import ModelServerFailed
from gateway.inference import Probabilities, Tensor
from gateway.telemetry.tracing import Wait


@dataclass(eq=False)
class Item:
    """One picture, or a block of pictures or rows, and who waits for its answer."""

    tensor: Tensor
    deadline: float
    """By the event loop's clock, in seconds."""
    rows: int | None = None
    """Of a block, pictures too; None for a single picture."""
    wait: Wait | None = None
    """The span of its wait, where it is traced."""
    answer: asyncio.Future[Probabilities] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        """Examples in it."""
        return 1 if self.rows is None else self.rows

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for its answer, and has time left."""
        return not self.answer.done() and self.deadline > asyncio.get_running_loop().time()

    def settle(self, found: Probabilities) -> None:
        """Give the answer, if it is numbers, to who waits for it."""
        if self.answer.done():
            return
        if np.isfinite(found).all():
            self.answer.set_result(found)
        else:
            self.fail(ModelServerFailed("The model's answer for this input is not a number."))

    def fail(self, error: Exception) -> None:
        """Give an error to who waits."""
        if not self.answer.done():
            self.answer.set_exception(error)


def fail(batch: Iterable[Item], error: Exception) -> None:
    """Give one error to all who wait for a batch."""
    for item in batch:
        item.fail(error)


def cancel_when_unwanted(batch: Sequence[Item]) -> None:
    """Cancel the running call as soon as nobody waits for any of its items."""
    call = asyncio.current_task()

    def check(_: asyncio.Future[Probabilities]) -> None:
        if call is not None and all(item.answer.done() for item in batch):
            call.cancel()

    for item in batch:
        item.answer.add_done_callback(check)
