"""Pages of other origins, where the settings name them."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from gateway.limits.settings import LimitSettings

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT = (
    "Authorization",
    "Content-Type",
    "Inference-Header-Content-Length",
    "Traceparent",
    "X-API-Key",
    "X-Request-Id",
    "X-Request-Key",
    "X-Request-Timeout",
)
READ = (
    "Inference-Header-Content-Length",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
    "X-Trace-Id",
)
KEPT_S = 600
"""How long a browser may remember what it was told."""


def install(app: FastAPI, settings: LimitSettings) -> None:
    """Let the pages of the named origins use the API from a browser; without any, nothing is added."""
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_credentials=settings.cors_credentials,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
            max_age=KEPT_S,
        )
