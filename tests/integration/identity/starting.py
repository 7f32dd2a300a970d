"""The identity's part of a gateway's start, for a process of its own."""

import asyncio
import contextlib
import io
import os
from pathlib import Path
from threading import Barrier

from pydantic import SecretStr

from gateway.database.engine import open_database
from gateway.database.migrating import prepare
from gateway.identity.service import open_identity
from gateway.settings import GatewaySettings


def start(folder: Path, database: str, barrier: Barrier) -> tuple[str, str]:
    """Start when the others do; gives the name of the key that signs, and what went to the standard error."""
    os.chdir(folder)
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        barrier.wait(60)
        kid = asyncio.run(_started(GatewaySettings(_env_file=None, database=SecretStr(database))))
    return kid, errors.getvalue()


async def _started(settings: GatewaySettings) -> str:
    await asyncio.to_thread(prepare, settings)
    async with open_database(settings) as database, open_identity(settings, database) as identity:
        return identity.ours().tokens._signer.kid
