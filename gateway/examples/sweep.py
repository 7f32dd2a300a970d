"""An end for what broken uploads left in the store: objects that no batch's manifest names.

An object is first put aside, and deleted for good when it has lain there for as long again. So it is never lost that an
upload, on its way through whichever gateway, wrote meanwhile: as soon as a manifest names what lies aside, it goes
back. Any number of gateways may sweep at the same time, and be killed while they do.
"""

import logging
import re
from datetime import UTC, datetime, timedelta

from contract.examples.batch import aside_path, object_path
from gateway.examples.library import ExampleLibrary

_OBJECT = re.compile(r"[0-9a-f]{64}")
_ASIDE = re.compile(r"(?P<since>\d{1,11})-(?P<digest>[0-9a-f]{64})")

log = logging.getLogger(__name__)


class ExampleSweep:
    """Puts aside what no manifest names and is older than `age`, and deletes it when it has lain aside that long."""

    def __init__(self, library: ExampleLibrary, age: timedelta) -> None:
        self._library = library
        self._storage = library.storage
        self._age = age

    async def tidy(self, now: datetime) -> None:
        """Do it once for all models; raises what `ExampleStorage` raises."""
        for model in await self._storage.folders():
            aside = await self._put_aside(model, now)
            back, gone = await self._look_again(model, now)
            await self._storage.delete_halves(model, now - self._age)
            if aside or back or gone:
                log.info("objects that no batch of %s names: %d aside, %d back, %d deleted", model, aside, back, gone)

    async def _put_aside(self, model: str, now: datetime) -> int:
        before, count = now - self._age, 0
        for digest in await self._unnamed(model, before):
            path = object_path(model, digest)
            if await self._is_older(path, before):
                await self._storage.move(path, aside_path(model, int(now.timestamp()), digest))
                count += 1
        return count

    async def _unnamed(self, model: str, before: datetime) -> list[str]:
        named = await self._library.named(model)
        if named is None:
            log.warning("a manifest of %s can't be read; nothing is swept", model)
            return []
        times = self._storage.times(f"{model}/objects")
        old = [digest async for digest, time in times if time < before and _OBJECT.fullmatch(digest)]
        return [digest for digest in old if not named.has(digest)]

    async def _is_older(self, path: str, before: datetime) -> bool:
        """Whether it still is: an upload may have written it anew since it was listed."""
        time = await self._storage.time(path)
        return time is not None and time < before

    async def _look_again(self, model: str, now: datetime) -> tuple[int, int]:
        """Return what a manifest names by now, and delete what has lain aside long enough; gives both counts."""
        names = [name async for name, _ in self._storage.times(f"{model}/swept")]
        named, back, gone = await self._library.named(model) if names else None, 0, 0
        if named is None:
            return 0, 0
        for found in filter(None, map(_ASIDE.fullmatch, names)):
            since, digest = int(found["since"]), found["digest"]
            aside = aside_path(model, since, digest)
            if named.has(digest):
                await self._storage.move(aside, object_path(model, digest))
                back += 1
            elif datetime.fromtimestamp(since, UTC) < now - self._age:
                await self._storage.delete(aside)
                gone += 1
        return back, gone
