"""Measuring a model's service time over a running gateway: by its own metrics, under a short load."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from loadtest.batch_times import BatchTimes
from loadtest.batching import Replica
from loadtest.credentials import credentials
from loadtest.errors import GatewaySilent, ServerMissing
from loadtest.http_load import HttpTarget
from loadtest.models import describe_model, row_columns
from loadtest.picture import jpeg
from loadtest.samples import fitting, row_body, rows
from loadtest.worker import Worker
from trireme.autoscale.service import Service

CLIENTS = 64
"""Of the busy measurement."""
WARM_UP_S = 1.0
MOST_REFUSED = 0.01
"""For each answer."""


@dataclass(frozen=True)
class Calls:
    """Calls to Triton within some seconds."""

    count: float
    items: float
    seconds: float
    """Of all calls together."""


def measured(
    url: str, model: str, *, data: Path | None, seconds: float, batch: int, instances: int, replicas: int
) -> Service:
    """Put a gateway under load twice, with one client and with many, and see how long its calls to Triton take.

    Raises `GatewaySilent`, `ServerMissing` or `SamplesMissing`.
    """
    found = describe_model(url, model)
    target = _target(url, found, data)
    alone, _ = _calls(url, found, target, 1, seconds)
    busy, rate = _calls(url, found, target, CLIENTS, seconds)
    # Calls wait in Triton's queue under a busy load, so that only their rate tells how long a batch takes.
    size = max(1, round(busy.items / busy.count))
    full = instances * replicas * size / rate
    single = min(alone.seconds / alone.count, full)
    times = BatchTimes({1: single} if size == 1 else {1: single, size: full})
    return Service(Replica(times, instances, max(batch, size)), f"measured over {url} with {CLIENTS} clients")


def _target(url: str, model: Mapping[str, Any], data: Path | None) -> HttpTarget:
    path = f"{url}/v1/models/{model['name']}/predict?version={model['version']}"
    if model["input"]["kind"] == "image":
        return HttpTarget(path, jpeg(), "image/jpeg")
    if data is None:
        raise ServerMissing(f"The model {model['name']} takes rows: name a file of them with --data.")
    body = row_body(fitting(rows(data, 1)[0], row_columns(model)))
    return HttpTarget(path, body.content, body.type)


def _calls(url: str, model: Mapping[str, Any], target: HttpTarget, clients: int, seconds: float) -> tuple[Calls, float]:
    """What the calls to Triton came to, and how many answers there were a second."""
    with Worker(warm_up_s=0, seconds=WARM_UP_S) as worker:
        worker.measure(target, clients)
    with Worker(warm_up_s=0, seconds=seconds) as worker:
        before = _counted(url, model)
        result = worker.measure(target, clients)
        after = _counted(url, model)
    calls = Calls(after.count - before.count, after.items - before.items, after.seconds - before.seconds)
    if not calls.count or result.errors > MOST_REFUSED * len(result.latencies_s):
        raise GatewaySilent(
            f"The gateway at {url} refused {result.errors:,} of {result.errors + len(result.latencies_s):,} "
            "predictions under load, so nothing was measured: has it a limit for each caller (GATEWAY_RATE_LIMITS)?"
        )
    return calls, result.throughput


def _counted(url: str, model: Mapping[str, Any]) -> Calls:
    try:
        answer = httpx.get(f"{url}/metrics", headers=credentials(), trust_env=False, timeout=10)
    except httpx.HTTPError:
        raise GatewaySilent(f"No gateway answers at {url}.") from None
    if answer.is_error:
        raise GatewaySilent(
            f"The gateway at {url} doesn't show its metrics: set TRIREME_API_KEY to a key that may read."
        )
    return counted(answer.text, model["name"], model["version"])


def counted(text: str, model: str, version: int) -> Calls:
    """The calls to Triton for one version, from a gateway's metrics."""
    labels = {"model": model, "version": str(version)}
    families = text_string_to_metric_families(text)
    found = {one.name: one.value for family in families for one in family.samples if one.labels == labels}
    return Calls(
        found.get("trireme_gateway_triton_seconds_count", 0.0),
        found.get("trireme_gateway_batch_pictures_sum", 0.0),
        found.get("trireme_gateway_triton_seconds_sum", 0.0),
    )
