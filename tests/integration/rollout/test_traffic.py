"""The endpoints of rollouts, and how gateways follow the traffic."""

from pathlib import Path

import httpx
from sqlalchemy import text

from gateway.database.engine import Database
from gateway.identity.permissions import Role
from gateway.rollout.actions import Announce, Begin, Canary, Promote, Prove
from tests.integration.prediction_log.rig import until
from tests.integration.rollout.rig import EVENTS, VERSIONS, answered, done, releasing
from tests.unit.gateway.rig import PREDICT, check_problem, gateway, png
from tests.unit.identity.rig import asking, bearer

BEGUN = (Begin(1), Announce(2), Prove(2))
KEYS = [f"caller-{number}" for number in range(30)]


async def split(http: httpx.AsyncClient) -> dict[str, int]:
    return {key: await answered(http, key) for key in KEYS}


async def answers_with(http: httpx.AsyncClient, version: int) -> None:
    async def is_so() -> bool:
        return await answered(http) == version

    await until(is_so)


async def test_without_a_row_the_list_of_served_versions_says_what_answers(
    repository: Path, url: str, unkept: Database
) -> None:
    async with releasing(repository, url) as http:
        assert await answered(http) == 2
        shown = (await http.get(VERSIONS)).json()
        assert (shown["revision"], [one["state"] for one in shown["versions"]]) == (0, [None, None])
        check_problem(await http.post(f"{VERSIONS}/2/promote"), 409, "transition-refused")
        check_problem(await http.post("/v1/models/none/rollback"), 404, "model-unknown")
        assert (await http.get(EVENTS)).json() == {"events": [], "next": None}


async def test_a_canary_answers_its_share_of_keys_stickily_and_more_weight_moves_keys_in_one_direction(
    repository: Path, url: str, unkept: Database
) -> None:
    await done(unkept, *BEGUN)
    async with releasing(repository, url) as http:
        assert {*(await split(http)).values()} == {1}
        shown = (await http.post(f"{VERSIONS}/2/canary", json={"weight": 30, "note": "try"})).raise_for_status().json()
        assert [(one["state"], one["weight"]) for one in shown["versions"]] == [("stable", 70), ("canary", 30)]
        few = await split(http)
        assert await split(http) == few
        assert {*few.values()} == {1, 2}
        (await http.post(f"{VERSIONS}/2/canary", json={"weight": 60})).raise_for_status()
        many = await split(http)
        assert all(many[key] == 2 for key, version in few.items() if version == 2)
        assert [*many.values()].count(2) > [*few.values()].count(2)
        by_chance = {await answered(http) for _ in range(60)}
        assert by_chance == {1, 2}
        assert {await answered(http, version="1") for _ in range(20)} == {1}


async def test_a_promotion_and_a_rollback_take_effect_at_once_and_are_told_in_the_history(
    repository: Path, url: str, unkept: Database
) -> None:
    await done(unkept, *BEGUN)
    async with releasing(repository, url) as http:
        promoted = (await http.post(f"{VERSIONS}/2/promote", json={"note": "good"})).raise_for_status().json()
        assert (promoted["previous"], await answered(http)) == (1, 2)
        assert promoted["versions"][1]["last_event"]["action"] == "promote"
        (await http.post("/v1/models/tiny/rollback")).raise_for_status()
        assert await answered(http) == 1
        first = (await http.get(EVENTS, params={"limit": 2})).json()
        assert [one["action"] for one in first["events"]] == ["rollback", "promote"]
        assert (first["events"][1]["principal"], first["events"][1]["note"]) == ("local:local", "good")
        rest = (await http.get(EVENTS, params={"cursor": first["next"]})).json()
        assert [one["action"] for one in rest["events"]] == ["prove", "announce", "begin"]
        metrics = (await http.get("/metrics")).text
        assert 'trireme_gateway_version_weight{model="tiny",version="1"} 100.0' in metrics
        assert 'trireme_gateway_transitions_total{action="rollback",model="tiny"} 1.0' in metrics


async def test_bad_questions_are_refused_with_a_stable_code(repository: Path, url: str, unkept: Database) -> None:
    await done(unkept, Begin(1), Announce(2))
    async with releasing(repository, url) as http:
        check_problem(await http.post(f"{VERSIONS}/9/promote"), 404, "version-unknown")
        check_problem(await http.post(f"{VERSIONS}/2/promote"), 409, "transition-refused")
        check_problem(await http.post(f"{VERSIONS}/2/shadow", json={"revision": 1}), 409, "rollout-conflict")
        for body in ({}, {"weight": 0}, {"weight": 100}, {"weight": 10, "x": 1}, {"weight": 10, "note": "\n"}):
            check_problem(await http.post(f"{VERSIONS}/2/canary", json=body), 422, "request-invalid")
        for cursor in ("x", "MA", "LTE", "é"):
            check_problem(await http.get(EVENTS, params={"cursor": cursor}), 422, "request-invalid")
        for key in ("a b", "x" * 201):
            bad = await http.post(PREDICT, content=png(), headers={"X-Request-Key": key})
            check_problem(bad, 422, "request-invalid")
        shown = (await http.post(f"{VERSIONS}/2/shadow", json={"revision": 2})).raise_for_status().json()
        assert shown["versions"][1]["shadow"]
        retired = (await http.post(f"{VERSIONS}/2/retire")).raise_for_status().json()
        assert retired["versions"][1]["state"] == "retired"


async def test_every_gateway_follows(repository: Path, url: str, unkept: Database) -> None:
    await done(unkept, *BEGUN)
    async with releasing(repository, url) as one, releasing(repository, url) as other:
        assert await answered(other) == 1
        (await one.post(f"{VERSIONS}/2/promote")).raise_for_status()
        await answers_with(other, 2)


async def test_two_gateways_send_a_key_the_same_way(repository: Path, url: str, unkept: Database) -> None:
    await done(unkept, *BEGUN, Canary(2, 50))
    async with releasing(repository, url) as one, releasing(repository, url) as other:
        assert await split(one) == await split(other)


async def test_while_the_database_is_away_the_last_known_traffic_holds(
    repository: Path, url: str, unkept: Database
) -> None:
    await done(unkept, Begin(1))
    async with releasing(repository, url) as http:
        assert await answered(http) == 1
        await run(unkept, "ALTER TABLE traffic RENAME TO elsewhere")
        answer = await http.get(VERSIONS)
        assert answer.status_code in {500, 503}
        assert {await answered(http) for _ in range(20)} == {1}
        await run(unkept, "ALTER TABLE elsewhere RENAME TO traffic")
        await done(unkept, Announce(2), Prove(2), Promote(2))
        await answers_with(http, 2)


async def run(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement))


async def test_where_rollouts_are_off_they_are_refused_and_all_else_goes_on(repository: Path) -> None:
    async with gateway(repository) as http:
        check_problem(await http.get(VERSIONS), 409, "rollout-off")
        check_problem(await http.post(f"{VERSIONS}/2/promote"), 409, "rollout-off")
        assert await answered(http) == 2


async def test_accounts_are_split_by_who_asks(repository: Path, tmp_path: Path) -> None:
    async with asking(repository, tmp_path, rollout="on", rollout_interval_s=0.05) as found:
        releaser = bearer(await found.key(Role.RELEASER))
        # Each has to wait until the keeper has proven a version.
        await taken(found.http, "/v1/models/tiny/rollback", {}, releaser)
        await taken(found.http, f"{VERSIONS}/2/shadow", {}, releaser)
        await taken(found.http, f"{VERSIONS}/2/canary", {"weight": 50}, releaser)
        keys = [bearer(await found.key(Role.PREDICTOR)) for _ in range(12)]
        seen = [{await version_for(found.http, headers) for _ in range(5)} for headers in keys]
        assert all(len(versions) == 1 for versions in seen)
        assert {version for versions in seen for version in versions} == {1, 2}


async def taken(http: httpx.AsyncClient, path: str, body: dict[str, int], headers: dict[str, str]) -> None:
    async def is_taken() -> bool:
        return (await http.post(path, json=body, headers=headers)).status_code == 200

    await until(is_taken)


async def version_for(http: httpx.AsyncClient, headers: dict[str, str]) -> int:
    answer = await http.post(PREDICT, content=png((1, 0, 0)), headers=headers)
    version: int = answer.raise_for_status().json()["version"]
    return version
