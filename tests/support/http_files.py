"""A real HTTP server on the loopback interface that hands out bytes, and misbehaves when told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Files:
    """What the server has, and how it behaves."""

    contents: dict[str, bytes]
    break_after: list[int] = field(default_factory=list)
    """Each request sends only so many bytes, as long as there are numbers left; then all."""
    ranges: bool = True
    """Whether it honours Range."""
    requests: list[str | None] = field(default_factory=list)
    """The Range header of each request so far."""
    url: str = ""


@contextmanager
def serve_files(files: Files) -> Iterator[Files]:
    """Serve until the block ends; sets `files.url`."""
    handler = type("Handler", (_Handler,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    files.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    files: Files

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.files.requests.append(asked)
        content = self.files.contents.get(self.path)
        if content is None:
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.files.ranges else 0
        return self._send(content[start:], 206 if start else 200)

    def _send(self, content: bytes, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        sent = self.files.break_after.pop(0) if self.files.break_after else len(content)
        self.wfile.write(content[:sent])

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""
