"""A drift report from the question to its page, by real jobs of a real gateway."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from contract.drift.summaries import Values
from gateway.app import create_app
from gateway.benchmark_decode import open_nothing
from gateway.jobs.opening import launcher_of
from gateway.prediction_log import shipping
from tests.integration.drift.test_gateway import ask, predict_pictures
from tests.integration.jobs.rig import QUICK, ROOT
from tests.integration.prediction_log.rig import log_settings, until
from tests.support.drifting import pictures, rows, sent
from tests.unit.gateway.rig import check_problem, client, eventually, listening
from training.drift_report.frames import ROWS
from training.drift_report.predictions import LEAST
from training.drift_report.work import NO_VALUES
from trireme.drift import drift
from trireme.jobs import jobs

REPORT = "/v1/models/credit/drift/report"
AS_JSON = {"Accept": "application/json"}
LIMIT_S = 800
"""A busy machine imports Evidently for minutes."""
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipping, "PAUSE_S", 0.05)
    monkeypatch.setenv("TRAINING_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
HERE = "sqlite:///{folder}/reports.db"


@pytest.fixture
def reporting(repository: Path, tmp_path: Path) -> Open:
    """Opens a client of a gateway that runs real jobs."""

    def opened(
        url: str = HERE.format(folder=tmp_path), **changes: Any
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        given = log_settings(repository, url, tmp_path / "spill", **{"log_values": "yes", **QUICK, **changes})
        return client(create_app(given, open_model_server=open_nothing, open_launcher=launcher_of))

    return opened


@pytest.fixture
async def http(reporting: Open) -> AsyncIterator[httpx.AsyncClient]:
    async with reporting() as http:
        yield http


def moved(count: int, seed: int) -> Values:
    features = rows(count, seed)
    features[:, 1] *= 3
    return features


async def made(http: httpx.AsyncClient, where: str = REPORT, **question: Any) -> dict[str, Any]:
    """A report's job, once it is over."""
    answer = await http.post(where, json=question)
    assert answer.status_code == 202, answer.text
    one = answer.json()["id"]
    assert answer.headers["location"] == f"{where}/{one}"
    found: dict[str, Any] = {}

    async def is_over() -> bool:
        found.update((await http.get(f"{where}/{one}", headers=AS_JSON)).raise_for_status().json())
        return found["ended"] is not None

    await until(is_over, LIMIT_S)
    return found


async def test_a_report_is_made_listed_and_served_for_nobody_to_misuse(reporting: Open, url: str) -> None:
    async with reporting(url) as http:
        await check_report(http)


async def check_report(http: httpx.AsyncClient) -> None:
    await ask(http, moved(300, 21))
    job = await made(http)
    assert (job["state"], job["reason"]) == ("succeeded", None)
    result = job["result"]
    assert result["predictions"] == 300
    assert result["compared"] == ["age", "income", "employed", "purpose", "(label)", "(probability)"]
    assert "income" in result["drifted"]
    assert "age" not in result["drifted"]
    assert any(f"300 predictions (current) beside {ROWS:,} rows" in line for line in job["log"])
    (listed,) = (await http.get(REPORT)).json()["jobs"]
    assert listed["id"] == job["id"]
    await check_page(http, job)


async def check_page(http: httpx.AsyncClient, job: dict[str, Any]) -> None:
    page = await http.get(f"{REPORT}/{job['id']}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["x-content-type-options"] == "nosniff"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.endswith("; sandbox allow-scripts")
    assert "unsafe" not in policy.partition("style-src")[0]
    assert len(page.content) == job["result"]["page_bytes"]
    assert "<h1>credit, version 1: drift</h1>" in page.text
    plain = await http.get(f"{REPORT}/{job['id']}", headers={"Accept-Encoding": "identity"})
    assert (plain.content, "content-encoding" in plain.headers) == (page.content, False)


async def test_too_few_predictions_are_told_in_one_sentence(http: httpx.AsyncClient) -> None:
    await ask(http, rows(LEAST - 1, 22))
    job = await made(http)
    assert (job["state"], job["reason_code"]) == ("failed", "predictions-too-few")
    assert f"has {LEAST - 1} predictions of version 1 of model 'credit'" in job["reason"]
    problem = check_problem(await http.get(f"{REPORT}/{job['id']}"), 409, "report-not-ready")
    assert "failed" in problem["detail"]


async def test_a_time_can_be_asked_for_and_a_wrong_one_is_refused(http: httpx.AsyncClient) -> None:
    await ask(http, rows(40, 23))
    job = await made(http, since="2020-01-01T00:00:00Z", until="2020-01-02T00:00:00Z")
    assert job["reason_code"] == "predictions-too-few"
    assert job["parameters"] == {"version": 1, "since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}
    wrong = {"since": "2020-01-02T00:00:00Z", "until": "2020-01-01T00:00:00Z"}
    problem = check_problem(await http.post(REPORT, json=wrong), 422, "request-invalid")
    assert problem["errors"][0]["field"] == "body.since"


async def test_pictures_are_reported_by_their_looks(http: httpx.AsyncClient) -> None:
    await predict_pictures(http, (pictures(120, 5) // 4).astype(np.uint8))
    job = await made(http, "/v1/models/tiny/drift/report")
    assert job["result"]["compared"] == ["brightness", "contrast", "sharpness", "(label)", "(probability)"]
    assert {"brightness", "contrast", "sharpness"} <= {*job["result"]["drifted"]}


async def test_what_can_t_be_reported_is_refused_at_once(http: httpx.AsyncClient) -> None:
    check_problem(await http.post("/v1/models/old/drift/report"), 422, "reference-missing")
    check_problem(await http.post("/v1/models/nothing/drift/report"), 404, "model-unknown")
    check_problem(await http.post(REPORT, json={"version": 9}), 422, "request-invalid")
    check_problem(await http.post(REPORT, json={"window_s": 1}), 422, "request-invalid")
    nobody = "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"
    check_problem(await http.get(f"{REPORT}/{nobody}"), 404, "job-unknown")
    check_problem(await http.get(f"{REPORT}/{nobody}", headers=AS_JSON), 404, "job-unknown")


async def test_without_values_the_answers_are_reported_and_the_job_says_so(reporting: Open) -> None:
    async with reporting(log_values="no") as http:
        await ask(http, rows(60, 24))
        job = await made(http)
    assert job["result"]["compared"] == ["(label)", "(probability)"]
    assert NO_VALUES in job["log"]


@pytest.fixture
def address(repository: Path, tmp_path: Path) -> Iterator[str]:
    given = log_settings(repository, f"sqlite:///{tmp_path}/cli.db", tmp_path / "spill", log_values="yes", **QUICK)
    app = create_app(given, open_model_server=open_nothing, open_launcher=launcher_of)
    with listening(app, given) as port:
        yield f"http://127.0.0.1:{port}"


def test_the_command_waits_and_writes_the_page(address: str, tmp_path: Path) -> None:
    body = {"rows": sent(moved(60, 25))}
    httpx.post(f"{address}/v1/models/credit/predict", json=body, timeout=60).raise_for_status()
    ask = [address, "/v1/models/credit/drift"]
    eventually(lambda: httpx.get("".join(ask), timeout=60).json()["predictions"] == 60, 60)
    out = tmp_path / "page.html"
    environment = {"COLUMNS": "200", "TRIREME_URL": address}
    done = CliRunner().invoke(drift, ["credit", "--report", "--out", str(out)], env=environment)
    assert done.exit_code == 0, done.output
    assert "credit version 1, 60 predictions: " in done.stdout
    assert f"The page is {out}" in done.stdout
    assert "succeeded" in done.stderr
    assert out.read_text().lstrip().startswith("<!DOCTYPE html>")
    listed = json.loads(CliRunner().invoke(jobs, ["credit", "--json"], env=environment).stdout)
    assert [one["kind"] for one in listed] == ["drift-report"]
    shown = CliRunner().invoke(jobs, ["credit", listed[0]["id"]], env=environment)
    assert "columns drifted, says Evidently" in shown.stdout
    refused = CliRunner().invoke(drift, ["credit", "--out", "x.html"], env=environment)
    assert refused.exit_code == 2
