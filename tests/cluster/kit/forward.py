"""The way in: connections to a port of the machine's loopback go to the API server inside the namespaces.

A socket belongs to the network it was opened in. This process is started inside and inherits a socket that listens
outside, so the machine's network is never touched: no bridge, no route, no rule.
"""

import asyncio
import contextlib
import socket
import sys

from tests.cluster.kit.addresses import API_PORT

CHUNK = 1 << 16


async def serve(listener: socket.socket, port: int = API_PORT) -> None:
    """Forward until cancelled."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        writer.close()

    async with await asyncio.start_server(forward, sock=listener) as server:
        await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))
