"""Limits of callers who have shown who they are."""

from pathlib import Path

from gateway.identity.permissions import Role
from tests.unit.gateway.rig import PREDICT, check_problem, png
from tests.unit.identity.rig import asking, bearer

MODELS = "/v1/models"


async def test_a_key_has_its_own_rate_and_its_roles_limits(repository: Path, tmp_path: Path) -> None:
    limits = {"predictor": {"body_bytes": 10}}
    async with asking(repository, tmp_path, rate_limits=("2/hour",), role_limits=limits) as gateway:
        viewer, predictor = [bearer(await gateway.key(role)) for role in (Role.VIEWER, Role.PREDICTOR)]
        answers = [await gateway.http.get(MODELS, headers=viewer) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        refused = await gateway.http.post(PREDICT, headers=predictor, content=png())
        check_problem(refused, 413, "body-too-large")
        assert refused.headers["ratelimit"].startswith('"default-3600s";r=1;')


async def test_who_asks_for_tokens_is_slowed_down_by_address(repository: Path, tmp_path: Path) -> None:
    given = {"rate_limits_token": ("1/hour",), "trusted_proxies": ["127.0.0.1/32"]}
    async with asking(repository, tmp_path, **given) as gateway:
        statuses = []
        for address in ("198.51.100.1", "198.51.100.1", "198.51.100.2"):
            headers = {"X-Forwarded-For": address}
            statuses.append((await gateway.http.post("/v1/auth/token", json={}, headers=headers)).status_code)
        assert statuses == [422, 429, 422]


async def test_a_page_of_a_named_origin_gets_its_preflight_without_showing_who_asks(
    repository: Path, tmp_path: Path
) -> None:
    page = "https://app.example.org"
    async with asking(repository, tmp_path, cors_origins=[page]) as gateway:
        headers = {"Origin": page, "Access-Control-Request-Method": "POST"}
        assert (await gateway.http.options(PREDICT, headers=headers)).status_code == 200
        refused = await gateway.http.post(PREDICT, headers={"Origin": page})
        check_problem(refused, 401, "unauthenticated")
        assert refused.headers["access-control-allow-origin"] == page
