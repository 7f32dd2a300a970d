"""The counters that the settings ask for."""

from gateway.limits.memory import BoundedMemory
from gateway.limits.rates import Counters, StoredCounters
from gateway.limits.settings import LimitSettings
from gateway.metrics import Metrics


def rate_counters(settings: LimitSettings, metrics: Metrics) -> Counters:
    """Counters in memory, or in the shared store with those in memory behind it; nothing is connected yet."""
    alone = StoredCounters(BoundedMemory(settings.rate_callers * _keys(settings)))
    if settings.rate_store is None:
        return alone
    # Redis' client takes its time to load, and loads OpenTelemetry's SDK with it.
    from gateway.limits.redis_counters import RedisCounters  # noqa: PLC0415
    from gateway.limits.shared import SharedCounters  # noqa: PLC0415

    shared = RedisCounters(settings.rate_store.get_secret_value(), settings.rate_store_timeout_s)
    return SharedCounters(shared, alone, metrics.rate_store_errors, timeout_s=settings.rate_store_timeout_s)


def _keys(settings: LimitSettings) -> int:
    """Counters that a caller may have: one a rate."""
    rules = (settings.rate_limits, settings.rate_limits_token, *settings.rate_limits_by_role.values())
    return max(1, *map(len, rules))
