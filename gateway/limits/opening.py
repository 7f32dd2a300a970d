"""The counters that the settings ask for."""

from gateway.limits.memory import BoundedMemory
from gateway.limits.rates import Counters, StoredCounters
from gateway.limits.settings import LimitSettings
from gateway.metrics import Metrics


def rate_counters(settings: LimitSettings, metrics: Metrics) -> Counters:
    """Counters in memory, or in the shared store with those in memory behind it; nothing is connected yet."""
    alone = StoredCounters(BoundedMemory(settings.rate_callers))
    if settings.rate_store is None:
        return alone
    # The store's client, which loads OpenTelemetry's SDK besides, is loaded only where it is used.
    from gateway.limits.redis_counters import RedisCounters  # noqa: PLC0415
    from gateway.limits.shared import SharedCounters  # noqa: PLC0415

    shared = RedisCounters(settings.rate_store.get_secret_value(), settings.rate_store_timeout_s)
    return SharedCounters(shared, alone, metrics.rate_store_errors, timeout_s=settings.rate_store_timeout_s)
