"""uvicorn, configured for the gateway."""

import contextlib

import uvicorn
from fastapi import FastAPI

from gateway.settings import GatewaySettings


def server_config(app: FastAPI, settings: GatewaySettings) -> uvicorn.Config:
    """The configuration under which a gateway's app is to run; logging is left to the caller."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        # The gateway writes its own, without addresses and queries.
        access_log=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )


def run(app: FastAPI, settings: GatewaySettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    # uvicorn has then stopped in good order, and passes the signal on.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(server_config(app, settings)).run()
