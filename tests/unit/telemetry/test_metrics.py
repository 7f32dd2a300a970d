"""Metrics: what alerts need, and that nobody can make them grow."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client import Gauge

from contract import __version__
from contract.names import ModelVersion
from gateway.background import in_background
from gateway.database.errors import DatabaseUnavailable
from gateway.identity.principal import Principal
from gateway.metrics import MAX_LABELS, Metrics
from gateway.telemetry import logs
from gateway.telemetry.process import watch_loop
from gateway.telemetry.settings import TelemetrySettings
from tests.support.versions import make_card, make_version
from tests.unit.gateway.rig import BATCH, PREDICT, RedServer, gateway, png, soon
from tests.unit.gateway.test_app import samples
from tests.unit.identity.rig import asking

SLO = "trireme_gateway_slo_requests_total"


async def scraped(http: httpx.AsyncClient) -> dict[tuple[str, str], float]:
    return samples((await http.get("/metrics")).text)


async def levels(http: httpx.AsyncClient) -> dict[str, float]:
    return {labels: value for (name, labels), value in (await scraped(http)).items() if name == SLO}


async def test_thousands_of_made_up_names_leave_the_metrics_as_they_were(repository: Path) -> None:
    async with gateway(repository) as http:
        await http.get("/made-up")
        for method, path in (("GET", "/v1/models/m0"), ("POST", "/v1/models/m0/predict"), ("B0", PREDICT)):
            await http.request(method, path)
        await http.get("/v1/models/tiny?version=90")
        before = set(await scraped(http))
        for index in range(1, 1000):
            await http.get(f"/made-up/{index}")
            await http.post(f"/v1/models/m{index}/predict", content=b"x", headers={"X-Request-Id": str(index)})
            await http.request(f"B{index}", PREDICT)
            await http.get(f"/v1/models/tiny?version={90 + index}")
        after = await http.get("/metrics")
    # Only the scrape itself is new.
    assert {labels for _, labels in set(samples(after.text)) - before} <= {
        "method=GET,route=/metrics,status=200",
        "route=/metrics",
        *(f"le={bound},route=/metrics" for bound in ("+Inf", *map(str, (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05)))),
        *(f"le={bound},route=/metrics" for bound in (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)),
    }
    assert len(after.content) < 100_000


async def test_a_version_that_is_not_served_any_more_is_no_label_any_more(tmp_path: Path) -> None:
    make_version(tmp_path, "tiny", 1)
    make_version(tmp_path, "tiny", 2)
    async with gateway(tmp_path, refresh_interval_s=0.02) as http:
        for version in (1, 2):
            assert (await http.post(f"{PREDICT}?version={version}", content=png((3, 0, 0)))).status_code == 200
        assert any("version=1" in labels for _, labels in await scraped(http))
        (tmp_path / "tiny-v1").rename(tmp_path / "gone")
        async with asyncio.timeout(20):
            while any("version=1" in labels for _, labels in await scraped(http)):
                pass
        assert ("trireme_gateway_predictions_total", "label=cat,model=tiny,version=2") in await scraped(http)


def test_a_model_with_very_many_labels_has_a_bounded_number_of_them() -> None:
    metrics = Metrics()
    labels = tuple(f"class {index}" for index in range(1000))
    card = make_card(ModelVersion("many", 1), labels, "onnxruntime", {})
    for label in labels:
        metrics.count_predictions(card, label)
    found = samples(metrics.exposition().decode())
    counts = {labels: value for (name, labels), value in found.items() if name == "trireme_gateway_predictions_total"}
    assert len(counts) == MAX_LABELS + 1
    assert counts["label=other,model=many,version=1"] == len(labels) - MAX_LABELS


async def test_service_levels_begin_at_zero_and_count_good_and_bad(repository: Path) -> None:
    server = RedServer()
    async with gateway(repository, server, triton_timeout_s=0.05, slo_latency_s=20) as http:
        assert await levels(http) == {
            f"good={good},model=tiny,slo={slo}": 0 for good in ("true", "false") for slo in ("availability", "latency")
        }
        await http.post(PREDICT, content=png((3, 0, 0)))
        await http.post(PREDICT, content=b"the caller's fault")
        await http.post(BATCH, files=[("files", png((4, 0, 0)))])
        await http.post("/v1/models/nope/predict", content=png())
        await http.get("/v1/models/tiny")
        server.go.clear()
        assert (await http.post(PREDICT, content=png((3, 0, 0)))).status_code == 504
        found = await levels(http)
    assert found["good=true,model=tiny,slo=availability"] == 3
    assert found["good=false,model=tiny,slo=availability"] == 1
    assert found["good=true,model=tiny,slo=latency"] == 1
    assert found["good=false,model=tiny,slo=latency"] == 0
    assert all("model=tiny" in labels for labels in found)


async def test_a_database_that_is_away_is_a_bad_answer_and_who_is_turned_away_is_none(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: object) -> Principal:
        raise DatabaseUnavailable

    async with asking(repository, tmp_path, metrics_access="open") as gateway:
        assert (await gateway.http.post(PREDICT, content=png())).status_code == 401
        monkeypatch.setattr(gateway.services.identity.authenticator, "identify", away)
        for path in (PREDICT, "/v2/models/tiny/versions/1/infer", "/v1/models/made-up/predict", "/v1/models/tiny"):
            assert (await gateway.http.post(path, content=png())).status_code == 503
        found = await levels(gateway.http)
    assert found["good=false,model=tiny,slo=availability"] == 2
    assert sum(found.values()) == 2


async def test_a_slow_answer_is_available_and_not_fast(repository: Path) -> None:
    async with gateway(repository, slo_latency_s=1e-9) as http:
        await http.post(PREDICT, content=png((3, 0, 0)))
        found = await levels(http)
    assert found["good=true,model=tiny,slo=availability"] == 1
    assert found["good=false,model=tiny,slo=latency"] == 1


def test_a_model_that_is_gone_has_no_service_level() -> None:
    metrics = Metrics()
    metrics.service_levels.set_models(["a", "b"])
    metrics.service_levels.set_models(["b"])
    assert 'model="a"' not in metrics.exposition().decode()


async def test_build_and_process_are_told(repository: Path) -> None:
    async with gateway(repository) as http:
        found = await scraped(http)
    (build,) = (labels for name, labels in found if name == "trireme_build_info")
    assert f"version={__version__}" in build
    assert found["process_resident_memory_bytes", ""] > 0
    assert found["process_open_fds", ""] > 0
    assert ("python_gc_collections_total", "generation=2") in found


async def test_a_blocked_event_loop_shows() -> None:
    lag = Gauge("lag", "Of a test.", registry=None)
    async with in_background(watch_loop(lag, interval_s=0.01)):
        await asyncio.sleep(0.02)
        time.sleep(0.3)  # noqa: ASYNC251 - this is what is measured
        await soon(lambda: lag._value.get() > 0.2)


def test_what_the_log_lost_is_a_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = samples(Metrics().exposition().decode())
    assert found["trireme_gateway_logging_failed_total", ""] == 0
    chosen = TelemetrySettings(_env_file=None, logging_file=Path("/dev/full"))
    with (tmp_path / "log").open("wb") as file, logs.logging_to(file.fileno(), chosen) as handler:
        handler.dropped = 3
        found = samples(Metrics().exposition().decode())
    assert found["trireme_gateway_logging_dropped_total", ""] == 3
