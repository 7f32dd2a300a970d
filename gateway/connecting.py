"""The connection to the model server."""

import contextlib
from collections.abc import AsyncIterator, Callable

from gateway.background import in_background
from gateway.discovery import Discovery
from gateway.inference import ModelServer
from gateway.metrics import Metrics
from gateway.replicas import ReplicaPool
from gateway.settings import GatewaySettings
from gateway.telemetry.tracing import UNTRACED, Tracing
from gateway.triton import Triton

OpenModelServer = Callable[[GatewaySettings, Metrics], contextlib.AbstractAsyncContextManager[ModelServer]]
"""Connects to a model server for as long as the context lasts."""


@contextlib.asynccontextmanager
async def open_triton(
    settings: GatewaySettings, metrics: Metrics, tracing: Tracing = UNTRACED
) -> AsyncIterator[ModelServer]:
    """Channels to the replicas that the settings name, or that DNS knows under these names."""
    async with contextlib.AsyncExitStack() as stack:
        pool = ReplicaPool(())
        stack.push_async_callback(pool.close)
        if settings.triton_discovery == "dns":
            names, interval_s = settings.triton_addresses, settings.discovery_interval_s
            discovery = Discovery(names, pool.set_addresses, interval_s=interval_s)
            await stack.enter_async_context(in_background(discovery.follow()))
        else:
            pool.set_addresses(settings.triton_addresses)
        yield Triton(pool, metrics, calls_per_replica=settings.calls_per_replica, tracing=tracing)
