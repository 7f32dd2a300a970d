"""Threads for the work on files, apart from those that decode single inputs, which must not wait for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class FileWork:
    """Runs blocking steps of files in a few threads."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tables")

    async def run(self, step: Callable[[], T]) -> T:
        """The outcome of a step; a cancelled caller waits for it too, because it uses the caller's file."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, step)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    def close(self) -> None:
        """Drop what waits and wait for what runs."""
        self._pool.shutdown(cancel_futures=True)
