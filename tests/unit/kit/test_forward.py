"""The way in carries bytes both ways, and ends with either side."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from tests.cluster.kit.forward import serve


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A forwarded port, behind which a server echoes one line in capitals and hangs up."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    async with await asyncio.start_server(shout, "127.0.0.1", 0) as server:
        task = asyncio.create_task(serve(listener, server.sockets[0].getsockname()[1]))
        yield listener.getsockname()[1]
        task.cancel()


async def ask(port: int, line: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(line)
    answer = await reader.read()
    writer.close()
    return answer


async def test_many_at_once_get_their_own_answers(port: int) -> None:
    lines = [b"x" * size + b"\n" for size in (1, 100, 20_000, 60_000)]
    assert await asyncio.gather(*(ask(port, line) for line in lines)) == [line.upper() for line in lines]


async def test_a_caller_gets_an_end_when_nobody_listens_behind() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as unused:
        behind = unused.getsockname()[1]
    task = asyncio.create_task(serve(listener, behind))
    assert await asyncio.wait_for(ask(listener.getsockname()[1], b"x\n"), 5) == b""
    task.cancel()
