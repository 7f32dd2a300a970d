"""The connection to the model server."""

import contextlib
from collections.abc import AsyncIterator, Callable

from gateway.background import in_background
from gateway.discovery import Discovery, Resolve, resolve
from gateway.holdings import Holdings
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
    settings: GatewaySettings,
    metrics: Metrics,
    tracing: Tracing = UNTRACED,
    *,
    holdings: Holdings | None = None,
    resolve: Resolve = resolve,
) -> AsyncIterator[ModelServer]:
    """Channels to the replicas that the settings name, or that DNS knows under these names.

    With `holdings`, a request goes to a replica that is known to have its version; without, to any.
    """
    async with contextlib.AsyncExitStack() as stack:
        pool = ReplicaPool((), asks=holdings is not None)
        stack.push_async_callback(pool.close)
        set_addresses = pool.set_addresses if holdings is None else holdings.set_addresses
        if holdings is not None:
            await holdings.attach(pool)
        if settings.triton_discovery == "dns":
            names, interval_s = settings.triton_addresses, settings.discovery_interval_s
            discovery = Discovery(names, set_addresses, interval_s=interval_s, resolve=resolve)
            if holdings is not None:
                await discovery.refresh()
            await stack.enter_async_context(in_background(discovery.follow()))
        else:
            set_addresses(settings.triton_addresses)
        if holdings is not None:
            # The first request is to find what is there already.
            await holdings.refresh()
            await stack.enter_async_context(in_background(holdings.follow()))
        yield Triton(pool, metrics, calls_per_replica=settings.calls_per_replica, tracing=tracing)
