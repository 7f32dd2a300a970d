"""Copies of requests for shadow versions."""

from fastapi import Request
from starlette.background import BackgroundTask

from gateway.catalogue import Model
from gateway.rollout.shadow import MAX_BYTES, Again
from gateway.services import Services


def shadowed(
    request: Request, services: Services, model: Model, version: int | None, again: Again
) -> BackgroundTask | None:
    """What copies a request that named no version, once it was answered; None where there is no shadow."""
    if services.rollouts is None or version is not None or model.shadow is None:
        return None
    length = request.headers.get("content-length", "")
    size = int(length) if length.isdecimal() else MAX_BYTES + 1
    return BackgroundTask(services.rollouts.shadows.offer, model.cards[model.shadow], size, again)
