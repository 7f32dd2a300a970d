"""The parts that keep uploaded examples."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from gateway.background import in_background
from gateway.examples.library import ExampleLibrary
from gateway.examples.storage import ExampleStorage
from gateway.examples.sweep import ExampleSweep
from gateway.examples.uploads import Places, Uploads
from gateway.settings import GatewaySettings
from gateway.upkeep import hourly


@contextlib.asynccontextmanager
async def open_uploads(settings: GatewaySettings, places: Places) -> AsyncIterator[Uploads]:
    """What takes uploads, with the library that it takes them into, which is swept every hour.

    The store is opened when it is first used.
    """
    storage = ExampleStorage(
        settings.examples, endpoint=settings.examples_endpoint, timeout_s=settings.examples_timeout_s
    )
    library = ExampleLibrary(storage)
    problems, rows = settings.max_problems, settings.max_table_rows
    async with _swept(settings, library):
        yield Uploads(library, places, settings, max_problems=problems, max_rows=rows)


@contextlib.asynccontextmanager
async def _swept(settings: GatewaySettings, library: ExampleLibrary) -> AsyncIterator[None]:
    if not settings.examples:
        yield
        return
    sweep = ExampleSweep(library, timedelta(hours=settings.examples_orphan_hours))
    async with in_background(hourly(sweep.tidy)):
        yield
