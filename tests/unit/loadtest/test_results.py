"""What a load test came to."""

from pathlib import Path

import pytest

from loadtest.results import Results, read

HEAD = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,"
    "Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n"
)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    (tmp_path / "stats_stats.csv").write_text(
        HEAD
        + "POST,predict,90,9,10,12.5,1,80,1,30.0,3.0,10,11,12,13,14,50,60,70,80,80,80\n"
        + "GET,model,0,0,0,0,0,0,0,0,0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\n"
        + ",Aggregated,100,10,10,12.5,1,80,1,33.0,3.0,10,11,12,13,14,50,60,70,80,80,80\n"
    )
    (tmp_path / "stats_failures.csv").write_text(
        "Method,Name,Error,Occurrences\n"
        "POST,predict,CatchResponseError('503 overloaded'),1\n"
        "POST,predict,no answer: timeout,8\n"
    )
    return read(tmp_path)


def test_lines_total_and_failures_are_read(results: Results) -> None:
    predict, model = results.lines
    assert (predict.name, predict.requests, predict.failures, predict.failed) == ("predict", 90, 9, 0.1)
    assert (predict.mean_ms, predict.p50_ms, predict.p95_ms, predict.p99_ms, predict.max_ms) == (12.5, 10, 50, 70, 80)
    assert (model.requests, model.failed, model.p95_ms) == (0, 0.0, 0.0)
    assert (results.total.requests, results.total.requests_per_s) == (100, 33.0)
    assert [(failure.error, failure.count) for failure in results.failures] == [
        ("no answer: timeout", 8),
        ("503 overloaded", 1),
    ]


@pytest.mark.parametrize(
    ("p95_ms", "failed", "misses"),
    [
        (None, None, []),
        (50, 0.1, []),
        (49, None, ["95 % were answered within 50 ms, not 49 ms."]),
        (None, 0.05, ["10.00% failed, more than 5.00%."]),
    ],
)
def test_limits_that_are_not_held_are_named(
    results: Results, p95_ms: float | None, failed: float | None, misses: list[str]
) -> None:
    assert results.misses(p95_ms, failed) == misses


def test_results_are_a_document(results: Results) -> None:
    assert results.document()["total"]["failures"] == 10
