"""The load test's own parts."""

import io
import math
from pathlib import Path

import pytest
from PIL import Image

from loadtest.http_load import HttpTarget
from loadtest.machine import describe
from loadtest.measurement import Measurement, summarise
from loadtest.picture import jpeg
from loadtest.schedule import Schedule
from loadtest.worker import Worker, measure


def test_a_machine_is_its_processor_its_cores_and_its_vector_units(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: Fast CPU\nflags\t\t: fpu avx2 amx_bf16\n\n")
    assert describe(path).startswith("Fast CPU, ")
    assert describe(path).endswith(" cores, amx_bf16 avx2")
    path.write_text("")
    assert describe(path).startswith("unknown CPU, ")


def test_rounds_are_summarised_by_median_and_range() -> None:
    rounds = [Measurement([0.001] * count, 2.0, errors=1) for count in (20, 10, 40)]
    summary = summarise(rounds)
    assert (summary.throughput, summary.lowest, summary.highest, summary.errors) == (10, 5, 20, 3)
    assert summary.p50_ms == summary.p95_ms == pytest.approx(1)


def test_percentiles_are_those_of_the_latencies() -> None:
    found = Measurement([index / 1000 for index in range(1, 1001)], 1, 0)
    assert found.percentile_ms(50) == pytest.approx(500, abs=2)
    assert found.percentile_ms(95) == pytest.approx(950, abs=2)
    assert math.isnan(Measurement([], 1, 0).percentile_ms(50))


def test_answers_outside_the_measured_time_do_not_count() -> None:
    for early in (Schedule(warm_up_s=60, seconds=60), Schedule(warm_up_s=0, seconds=0)):
        early.note(0, good=True)
        assert not early.latencies_s
    schedule = Schedule(warm_up_s=0, seconds=60)
    schedule.note(schedule.started, good=True)
    schedule.note(schedule.started, good=False)
    assert (len(schedule.measurement().latencies_s), schedule.measurement().errors) == (1, 1)


def test_the_picture_is_a_jpeg_and_always_the_same() -> None:
    assert jpeg() == jpeg()
    image = Image.open(io.BytesIO(jpeg()))
    assert (image.format, image.size) == ("JPEG", (320, 240))


def test_a_server_that_is_away_is_an_error_not_a_number() -> None:
    target = HttpTarget("http://127.0.0.1:9/x", b"", "image/png")
    with pytest.raises(OSError, match="refused"):
        measure(target, 1, 0, 0.1)
    with Worker(warm_up_s=0, seconds=0.1) as worker, pytest.raises(OSError, match="refused"):
        worker.measure(target, 1)
