"""Decoding and reading off the event loop, in a bounded number of threads, with a bounded number waiting."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from contract.inputs import ImageInput
from contract.picture import to_tensor
from gateway.errors import Overloaded
from gateway.inference import Pixels
from gateway.metrics import Metrics
from gateway.telemetry.tracing import UNTRACED, Tracing

Source = Callable[[], bytes]
"""Gives a picture's bytes; it runs in a decoding thread, so that base64 is undone there."""


T = TypeVar("T")


class Decoder:
    """Turns pictures, and rows as JSON, into tensors."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        threads: int,
        max_waiting: int,
        max_pixels: int,
        timeout_s: float,
        tracing: Tracing = UNTRACED,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._metrics = metrics
        self._free = max_waiting
        self._max_pixels = max_pixels
        self._timeout_s = timeout_s
        self._tracing = tracing

    async def decode(self, source: Source, schema: ImageInput) -> Pixels:
        """The tensor of one picture, uint8 [height, width, channels].

        Raises `Overloaded` and what `contract.picture.to_tensor` and `source` raise.
        """
        return await self.run(partial(self._decode, source, schema))

    async def run(self, work: Callable[[], T]) -> T:
        """Do any short work in a thread; that of a cancelled caller is not done if it still waits.

        Raises `Overloaded` and what `work` raises.
        """
        if self._free <= 0:
            raise Overloaded("Too many inputs wait for decoding.")
        self._free -= 1
        try:
            async with asyncio.timeout(self._timeout_s):
                with self._tracing.step("decode"):
                    return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError:
            raise Overloaded("The input waited too long for decoding.") from None
        finally:
            self._free += 1

    def close(self) -> None:
        """Drop what waits and wait for what runs."""
        self._pool.shutdown(cancel_futures=True)

    def _decode(self, source: Source, schema: ImageInput) -> Pixels:
        started = time.perf_counter()
        tensor = to_tensor(source(), schema, max_pixels=self._max_pixels)
        self._metrics.decode.observe(time.perf_counter() - started)
        return tensor
