"""Building the watch."""

import contextlib
from collections.abc import AsyncIterator

from gateway.autoscaling.api import AutoscalerApi
from gateway.autoscaling.settings import AutoscalingSettings
from gateway.autoscaling.watching import AutoscalerWatch
from gateway.background import in_background
from gateway.kubernetes.place import PlaceSettings


@contextlib.asynccontextmanager
async def open_watch(settings: AutoscalingSettings) -> AsyncIterator[AutoscalerWatch | None]:
    """What watches autoscalers, or None; raises `SettingsInvalid`."""
    if settings.autoscaling == "off":
        yield None
        return
    said = PlaceSettings(
        "GATEWAY_AUTOSCALING: kubernetes",
        "GATEWAY_AUTOSCALING",
        namespace=settings.autoscaling_namespace,
        kubeconfig=settings.autoscaling_kubeconfig,
    )
    api = AutoscalerApi(said.place())
    watch = AutoscalerWatch(api, interval_s=settings.autoscaling_interval_s, kept_s=settings.autoscaling_kept_s)
    async with in_background(watch.follow()):
        yield watch
    await watch.close()
