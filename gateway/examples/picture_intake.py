"""Pictures' way into a batch: decoded to see that they can be, and kept on the disk until all have arrived."""

import asyncio
import hashlib
import os
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

import numpy as np

from contract.errors import PictureError, TriremeError
from contract.examples.batch import Picture
from contract.inputs import ImageInput
from gateway.decoding import Decoder, Source
from gateway.errors import PartTooLarge
from gateway.examples.digests import picture_keys
from gateway.examples.errors import ExampleRefused, LabelMissing, LabelUnknown
from gateway.examples.ledger import REFUSALS, Ledger, Verdict
from gateway.examples.manifest import Sent
from gateway.examples.report import UploadReport
from gateway.tables.spool import write_all

AHEAD = 4
"""Pictures of one upload in memory."""


@dataclass(frozen=True)
class Kept:
    """A picture that was taken, and where its bytes lie in the spool."""

    picture: Picture
    offset: int
    size: int


@dataclass
class PictureIntake:
    """Takes the pictures of one upload; some hundred bytes of memory each."""

    decoder: Decoder
    schema: ImageInput
    labels: tuple[str, ...]
    ledger: Ledger
    report: UploadReport
    spool: BinaryIO
    kept: list[Kept] = field(default_factory=list)
    _seen: int = 0
    _end: int = 0

    async def take(self, sent: AsyncIterator[Sent]) -> None:
        """Take all of them; raises `ExamplesFull`, `DiskFull`, `Overloaded`, and what `sent` raises."""
        running: deque[tuple[Sent, asyncio.Task[_Checked]]] = deque()
        try:
            async for one in sent:
                running.append((one, asyncio.create_task(self._check(one))))
                if len(running) >= AHEAD:
                    await self._settle(*running.popleft())
            while running:
                await self._settle(*running.popleft())
        finally:
            for _, task in running:
                task.cancel()
            await asyncio.gather(*(task for _, task in running), return_exceptions=True)

    def read(self, kept: Kept) -> bytes:
        """The bytes of a picture that was taken; blocks."""
        return os.pread(self.spool.fileno(), kept.size, kept.offset)

    async def _check(self, sent: Sent) -> "_Checked":
        if sent.label is None:
            raise LabelMissing("The picture has no label.")
        if sent.label not in self.labels:
            raise LabelUnknown
        checked = _Checked(sent.content, sent.label)
        await self.decoder.decode(checked.read, self.schema)
        return checked

    async def _settle(self, sent: Sent, checking: "asyncio.Task[_Checked]") -> None:
        try:
            await self._keep(sent, await checking)
        except (PictureError, PartTooLarge, ExampleRefused) as error:
            self._refuse(sent, error)
        self._seen += 1

    async def _keep(self, sent: Sent, checked: "_Checked") -> None:
        place = np.array([self.labels.index(checked.label)])
        verdict = Verdict(self.ledger.judge(picture_keys([checked.digest]), place)[0])
        if verdict in REFUSALS:
            raise REFUSALS[verdict]
        if verdict is Verdict.DUPLICATE:
            self.report.duplicates += 1
            return
        await asyncio.to_thread(partial(write_all, self.spool, checked.data))
        picture = Picture(digest=checked.digest, label=checked.label, name=sent.name)
        self.kept.append(Kept(picture, self._end, len(checked.data)))
        self._end += len(checked.data)
        self.report.accepted[checked.label] += 1

    def _refuse(self, sent: Sent, error: TriremeError) -> None:
        self.report.refuse(self._seen, error.code, error.detail, sent.name)


@dataclass
class _Checked:
    """A picture's bytes and digest, once a decoding thread has read it."""

    content: Source
    label: str
    data: bytes = b""
    digest: str = ""

    def read(self) -> bytes:
        self.data = self.content()
        self.digest = hashlib.sha256(self.data).hexdigest()
        return self.data
