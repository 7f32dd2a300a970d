"""Metrics of the process itself: memory, files, garbage, the event loop, the log."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, GCCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.telemetry.logs import LogHandler

INTERVAL_S = 0.25
KEPT = 60
"""Looks that the gauge covers: fifteen seconds, so that no scrape misses a stall."""


class LogCollector(Collector):
    """What this process' log has lost; the log is the process', not the app's, so it is looked up."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def collect(self) -> Iterator[Metric]:
        """Two counters."""
        queues = [handler for handler in logging.getLogger().handlers if isinstance(handler, LogHandler)]
        dropped, failed = sum(one.dropped for one in queues), sum(one.failed for one in queues)
        yield CounterMetricFamily(f"{self._prefix}logging_dropped", "Messages that were dropped.", dropped)
        yield CounterMetricFamily(f"{self._prefix}logging_failed", "Lines that could not be written.", failed)


def register_process(registry: CollectorRegistry, prefix: str) -> None:
    """Add the metrics of the process and of its log."""
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(LogCollector(prefix))


async def watch_loop(lag: Gauge, interval_s: float = INTERVAL_S) -> None:
    """Keep `lag` at the longest time, in seconds, that the event loop was late lately; to be cancelled."""
    loop, found = asyncio.get_running_loop(), deque[float](maxlen=KEPT)
    while True:
        due = loop.time() + interval_s
        await asyncio.sleep(interval_s)
        found.append(max(0.0, loop.time() - due))
        lag.set(max(found))
