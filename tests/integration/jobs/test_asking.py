"""Jobs by REST: what can be asked for, what is refused, and how they are listed and found again."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.jobs.rig import EVALUATE, RETRAIN, ask, in_state, job_settings, running
from tests.unit.gateway.rig import check_problem

NOWHERE = "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f"
BOTH = pytest.mark.parametrize("where", [RETRAIN, EVALUATE])


@pytest.fixture
def given(repository: Path, tmp_path: Path) -> Any:
    return lambda **changes: job_settings(repository, f"sqlite:///{tmp_path}/trireme.db", **changes)


async def test_pages_follow_each_other_the_newest_first(given: Any) -> None:
    async with running(given()) as http:
        waiting = await ask(http, "wait")
        await in_state(http, waiting, "running")
        made = [await ask(http, f"job {number}") for number in range(4)] + [waiting]
        found, cursor = [], None
        for size in (2, 2, 1):
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await http.get(RETRAIN, params=query)).raise_for_status().json()
            assert len(page["jobs"]) == size
            found += [one["id"] for one in page["jobs"]]
            cursor = page["next"]
        assert (cursor, found) == (None, sorted(made, reverse=True))
        queued = (await http.get(RETRAIN, params={"state": "queued"})).json()["jobs"]
        assert {one["id"] for one in queued} == {*made} - {waiting}
        assert (await http.get(EVALUATE)).json() == {"jobs": [], "next": None}


@BOTH
@pytest.mark.parametrize("query", [{"cursor": "x"}, {"limit": 0}, {"limit": 501}, {"state": "done"}])
async def test_a_page_that_can_not_be_is_refused(given: Any, where: str, query: dict[str, Any]) -> None:
    async with running(given()) as http:
        check_problem(await http.get(where, params=query), 422, "request-invalid")


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        [],
        {"image": "evil:latest"},
        {"version": 99, "from_version": 99},
        {"data": []},
        {"data": ["not-an-id"]},
        {"data": "some"},
        {"seed": -1, "version": 0},
        {"note": "a\nb", "version": "1"},
    ],
)
async def test_a_question_that_makes_no_sense_makes_no_job(given: Any, where: str, body: Any) -> None:
    async with running(given()) as http:
        check_problem(await http.post(where, json=body), 422, "request-invalid")
        assert (await http.get(where)).json()["jobs"] == []


@BOTH
async def test_a_batch_that_is_not_there_is_named(given: Any, where: str) -> None:
    async with running(given()) as http:
        problem = check_problem(await http.post(where, json={"data": [NOWHERE]}), 422, "batch-not-usable")
        assert NOWHERE in problem["detail"]


@pytest.mark.parametrize("field", ["profile", "from_version"])
async def test_what_only_pictures_have_is_refused_for_tables(given: Any, field: str) -> None:
    async with running(given()) as http:
        answer = await http.post(
            "/v1/models/credit/retrain", json={field: {"profile": "full", "from_version": 1}[field]}
        )
        assert check_problem(answer, 422, "request-invalid")["errors"][0]["field"] == f"body.{field}"


async def test_a_key_that_comes_again_finds_its_job_and_another_question_under_it_is_refused(given: Any) -> None:
    key = {"Idempotency-Key": "monday"}
    async with running(given()) as http:
        first = await http.post(RETRAIN, json={"note": "succeed", "from_version": 1}, headers=key)
        again = await http.post(RETRAIN, json={"note": "succeed", "from_version": 1}, headers=key)
        assert (first.status_code, again.json()["id"]) == (202, first.json()["id"])
        assert first.json()["parameters"]["from_version"] == 1
        check_problem(await http.post(RETRAIN, json={}, headers=key), 409, "idempotency-conflict")
        check_problem(await http.post(RETRAIN, headers={"Idempotency-Key": "a b"}), 422, "request-invalid")


@BOTH
async def test_a_job_that_is_not_there_is_found_by_no_verb(given: Any, where: str) -> None:
    async with running(given()) as http:
        one = await ask(http, "wait")
        others = f"/v1/models/credit/retrain/{one}"
        for url in (f"{where}/{NOWHERE}", f"{where}/x", others):
            check_problem(await http.get(url), 404, "job-unknown")
            check_problem(await http.get(f"{url}/events"), 404, "job-unknown")
            check_problem(await http.delete(url), 404, "job-unknown")
        check_problem(await http.get("/v1/models/nobody/retrain"), 404, "model-unknown")


async def test_a_job_that_is_over_can_not_be_cancelled(given: Any) -> None:
    async with running(given()) as http:
        one = await ask(http)
        await in_state(http, one, "succeeded")
        check_problem(await http.delete(f"{RETRAIN}/{one}"), 409, "job-over")


async def test_an_evaluation_s_figures_are_found_by_version_and_by_what_it_was_on(given: Any) -> None:
    figures = "/v1/models/tiny/evaluation"
    async with running(given()) as http:
        problem = check_problem(await http.get(figures), 404, "evaluation-unknown")
        assert "POST /v1/models/tiny/evaluate" in problem["detail"]
        one = (await http.post(EVALUATE, json={"version": 1})).json()["id"]
        await in_state(http, one, "succeeded", where=EVALUATE)
        found = (await http.get(figures, params={"version": 1})).raise_for_status().json()
        assert (found["job"], found["evaluation"]["confusion"]) == (one, [[1, 0], [1, 0]])
        assert found["curves"][0]["roc"] == [[0, 0], [1, 1]]
        check_problem(await http.get(figures, params={"data": "batches"}), 404, "evaluation-unknown")
        check_problem(await http.get(figures, params={"version": 2}), 404, "version-unknown")
        check_problem(await http.get(figures, params={"data": "train"}), 422, "request-invalid")


async def test_where_jobs_are_off_every_verb_says_so(given: Any) -> None:
    async with running(given(jobs="off")) as http:
        for answer in (
            await http.post(RETRAIN),
            await http.get(RETRAIN),
            await http.get(f"{EVALUATE}/{NOWHERE}"),
            await http.delete(f"{EVALUATE}/{NOWHERE}"),
            await http.get(f"{RETRAIN}/{NOWHERE}/events"),
            await http.get("/v1/models/tiny/evaluation"),
        ):
            check_problem(answer, 409, "jobs-off")
