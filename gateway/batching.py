"""Micro-batching: the inputs of many requests in one call, without waiting for company.

The first one goes at once. What arrives while as many calls are in flight as the model server takes goes together
in the next one. So batches grow with the load, and an idle gateway adds no delay.

A queue in which an input would wait for too long takes no more: who is told so at once can go elsewhere, and those who
wait are answered in time.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import Context

from gateway.batch_item import Item, cancel_when_unwanted, fail
from gateway.errors import GatewayError, ModelServerFailed, ModelServerTimeout, ModelServerUnavailable, Overloaded
from gateway.inference import Probabilities, Tensor
from gateway.service_rate import ServiceRate
from gateway.telemetry.tracing import UNTRACED, Tracing

Call = Callable[[Sequence[Tensor], float], Awaitable[Probabilities]]
"""Computes the probabilities of pictures and of blocks within seconds."""


class MicroBatcher:
    """Batches the pictures or rows for one version.

    `call` computes a batch of at most `max_batch_size`; at most `concurrency()` calls are in flight, and at most
    `max_queue` pictures or rows wait for one, none of them for longer than about `max_wait_s` seconds. `dropped` counts
    what nobody waited for any more; `settled` counts what was answered (True) or failed (False) while somebody waited.
    """

    def __init__(
        self,
        call: Call,
        *,
        max_batch_size: int,
        concurrency: Callable[[], int],
        max_queue: int,
        max_wait_s: float = math.inf,
        dropped: Callable[[], None] = lambda: None,
        settled: Callable[[bool], None] = lambda _: None,
        tracing: Tracing = UNTRACED,
    ) -> None:
        self._call = call
        self._max_batch_size = max_batch_size
        self._concurrency = concurrency
        self._max_queue = max_queue
        self._max_wait_s = max_wait_s
        self._dropped = dropped
        self._settled = settled
        self._tracing = tracing
        self._waiting: deque[Item] = deque()
        self._queued = 0
        self._rate = ServiceRate()
        self._calls: dict[asyncio.Task[None], float] = {}
        self._woken = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return not self._waiting and not self._calls

    async def submit(
        self, tensor: Tensor, timeout_s: float, *, rows: int | None = None, is_patient: bool = False
    ) -> Probabilities:
        """The probabilities of one picture, float32 [labels], or of a block of `rows`, float32 [rows, labels].

        A block has at most `max_batch_size` rows. Raises `Overloaded`, `ModelServerTimeout`, or what the call raised.
        A cancelled caller's item is dropped. A patient one waits for as long as its time lasts: it is a piece of
        something larger, which was let in as a whole.
        """
        with self._tracing.waiting() as wait, self._counted():
            item = Item(tensor, asyncio.get_running_loop().time() + timeout_s, rows, wait)
            self._check_room(item, timeout_s if is_patient else min(timeout_s, self._max_wait_s))
            self._queued += item.size
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

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self._settled(False)
            raise
        self._settled(True)

    def _check_room(self, item: Item, max_wait_s: float) -> None:
        if self._queued + item.size > self._max_queue:
            raise Overloaded("Too many inputs wait for the model server.", retry_after_s=self._wait_s())
        # The first in the queue never waits for others: it shows whether the model server has recovered.
        if self._waiting and (wait_s := self._wait_s()) > max_wait_s:
            raise Overloaded("An input would wait too long for the model server.", retry_after_s=wait_s - max_wait_s)

    def _wait_s(self) -> float:
        now = asyncio.get_running_loop().time()
        oldest = next(iter(self._calls.values()), now)
        return self._rate.wait_s(self._queued, self._concurrency(), now - oldest)

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
                loop = asyncio.get_running_loop()
                # In no request's context: it serves several.
                task = loop.create_task(self._run(batch, was_full=bool(self._waiting)), context=Context())
                self._calls[task] = loop.time()
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._calls[task]
        self._dispatch()

    def _take(self) -> list[Item]:
        batch: list[Item] = []
        room = self._max_batch_size
        while self._waiting and self._waiting[0].size <= room:
            item = self._waiting.popleft()
            self._queued -= item.size
            if item.is_wanted:
                batch.append(item)
                room -= item.size
            else:
                self._dropped()
        return batch

    async def _run(self, batch: list[Item], *, was_full: bool) -> None:
        cancel_when_unwanted(batch)
        try:
            with self._timed(batch, was_full=was_full):
                await self._compute_or_split(batch)
        except asyncio.CancelledError:
            fail(batch, ModelServerUnavailable("The gateway is stopping."))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for this call
            fail(batch, error)

    @contextlib.contextmanager
    def _timed(self, batch: list[Item], *, was_full: bool) -> Iterator[None]:
        clock = asyncio.get_running_loop().time
        started, examples = clock(), sum(item.size for item in batch)
        try:
            yield
        except (asyncio.CancelledError, ModelServerTimeout):
            self._rate.note_given_up(examples, clock() - started)
            raise
        self._rate.note(examples, clock() - started, was_full=was_full)

    async def _compute_or_split(self, batch: list[Item]) -> None:
        try:
            await self._compute(batch)
        except ModelServerFailed:
            if len(batch) == 1:
                raise
            await self._one_by_one(batch)

    async def _compute(self, batch: list[Item]) -> None:
        timeout_s = max(item.deadline for item in batch) - asyncio.get_running_loop().time()
        with self._tracing.batch([item.wait for item in batch]):
            found = await self._call([item.tensor for item in batch], timeout_s)
        start = 0
        for item in batch:
            item.settle(found[start] if item.rows is None else found[start : start + item.rows])
            start += item.size

    async def _one_by_one(self, batch: list[Item]) -> None:
        """Find whose input it was that failed: the others must not get its error."""
        for item in (item for item in batch if item.is_wanted):
            try:
                await self._compute([item])
            except GatewayError as own:
                item.fail(own)
