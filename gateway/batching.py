"""Micro-batching: the pictures of many requests in one call, without waiting for company.

The first picture goes at once. What arrives while as many calls are in flight as the model server takes goes together
in the next one. So batches grow with the load, and an idle gateway adds no delay.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gateway.errors import GatewayError, ModelServerFailed, ModelServerTimeout, ModelServerUnavailable, Overloaded
from gateway.inference import Pixels, Probabilities

Call = Callable[[Sequence[Pixels], float], Awaitable[Probabilities]]
"""Computes the probabilities of pictures within seconds."""


@dataclass(eq=False)
class Item:
    """One picture and who waits for its answer."""

    picture: Pixels
    deadline: float
    """By the event loop's clock, in seconds."""
    answer: asyncio.Future[Probabilities] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class MicroBatcher:
    """Batches the pictures for one version.

    `call` computes a batch of at most `max_batch_size`; at most `concurrency()` calls are in flight, and at most
    `max_queue` pictures wait for one. `dropped` counts the pictures that nobody waited for any more.
    """

    def __init__(
        self,
        call: Call,
        *,
        max_batch_size: int,
        concurrency: Callable[[], int],
        max_queue: int,
        dropped: Callable[[], None] = lambda: None,
    ) -> None:
        self._call = call
        self._max_batch_size = max_batch_size
        self._concurrency = concurrency
        self._max_queue = max_queue
        self._dropped = dropped
        self._waiting: deque[Item] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._woken = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return not self._waiting and not self._calls

    async def submit(self, picture: Pixels, timeout_s: float) -> Probabilities:
        """The probabilities, float32 [labels], of one picture.

        Raises `Overloaded`, `ModelServerTimeout`, or what the call raised. A cancelled caller's picture is dropped.
        """
        if len(self._waiting) >= self._max_queue:
            raise Overloaded("Too many pictures wait for the model server.")
        item = Item(picture, asyncio.get_running_loop().time() + timeout_s)
        self._waiting.append(item)
        self._wake()
        try:
            async with asyncio.timeout_at(item.deadline):
                return await item.answer
        except TimeoutError:
            raise ModelServerTimeout from None

    async def close(self) -> None:
        """Cancel what is in flight."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _wake(self) -> None:
        # Not at once: what else arrives in this turn of the event loop goes along.
        if not self._woken:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._woken = False
        while self._waiting and len(self._calls) < self._concurrency():
            batch = self._take()
            if batch:
                task = asyncio.get_running_loop().create_task(self._run(batch))
                self._calls.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._dispatch()

    def _take(self) -> list[Item]:
        batch: list[Item] = []
        while self._waiting and len(batch) < self._max_batch_size:
            item = self._waiting.popleft()
            if self._is_wanted(item):
                batch.append(item)
            else:
                self._dropped()
        return batch

    @staticmethod
    def _is_wanted(item: Item) -> bool:
        return not item.answer.done() and item.deadline > asyncio.get_running_loop().time()

    async def _run(self, batch: list[Item]) -> None:
        _cancel_when_unwanted(batch)
        try:
            await self._compute_or_split(batch)
        except asyncio.CancelledError:
            _fail(batch, ModelServerUnavailable("The gateway is stopping."))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for this call
            _fail(batch, error)

    async def _compute_or_split(self, batch: list[Item]) -> None:
        try:
            await self._compute(batch)
        except ModelServerFailed:
            if len(batch) == 1:
                raise
            await self._one_by_one(batch)

    async def _compute(self, batch: list[Item]) -> None:
        timeout_s = max(item.deadline for item in batch) - asyncio.get_running_loop().time()
        rows = await self._call([item.picture for item in batch], timeout_s)
        for item, row in zip(batch, rows, strict=True):
            _answer(item, row)

    async def _one_by_one(self, batch: list[Item]) -> None:
        """Find whose picture it was that failed: the others must not get its error."""
        for item in filter(self._is_wanted, batch):
            try:
                await self._compute([item])
            except GatewayError as own:
                _fail([item], own)


def _answer(item: Item, row: Probabilities) -> None:
    if item.answer.done():
        return
    if np.isfinite(row).all():
        item.answer.set_result(row)
    else:
        item.answer.set_exception(ModelServerFailed("The model's answer for this picture is not a number."))


def _fail(batch: Iterable[Item], error: Exception) -> None:
    for item in batch:
        if not item.answer.done():
            item.answer.set_exception(error)


def _cancel_when_unwanted(batch: list[Item]) -> None:
    """Cancel the running call as soon as nobody waits for any of its pictures."""
    call = asyncio.current_task()

    def check(_: asyncio.Future[Probabilities]) -> None:
        if call is not None and all(item.answer.done() for item in batch):
            call.cancel()

    for item in batch:
        item.answer.add_done_callback(check)
