"""uvicorn, configured for the gateway."""

import contextlib

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.limits.unread import guarded
from gateway.settings import GatewaySettings


def server_config(app: FastAPI, settings: GatewaySettings) -> uvicorn.Config:
    """The configuration under which a gateway's app is to run; logging is left to the caller."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=guarded(HttpToolsProtocol, timeout_s=settings.write_timeout_s, min_bytes_per_s=settings.min_bytes_per_s),
        ws="none",
        lifespan="on",
        log_config=None,
        # The gateway writes its own, without addresses and queries.
        access_log=False,
        server_header=False,
        # Whose word is taken for a caller's address: see `gateway.limits.address`.
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )


def run(app: FastAPI, settings: GatewaySettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    # uvicorn has then stopped in good order, and passes the signal on.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(server_config(app, settings)).run()
