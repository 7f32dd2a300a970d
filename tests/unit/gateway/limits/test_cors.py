"""Pages of other origins."""

from pathlib import Path

from tests.unit.gateway.rig import gateway

PAGE = "https://app.example.org"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,x-request-timeout",
}


async def test_without_origins_no_page_is_let_in(repository: Path) -> None:
    async with gateway(repository) as http:
        for answer in (await http.get("/health", headers={"Origin": PAGE}), await http.options("/health")):
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_named_origin_may_ask_and_read_what_it_needs(repository: Path) -> None:
    async with gateway(repository, cors_origins=[PAGE]) as http:
        asked = await http.options("/v1/models/tiny/predict", headers=PREFLIGHT)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, PAGE)
        read = await http.get("/health", headers={"Origin": PAGE})
        assert read.headers["access-control-allow-origin"] == PAGE
        exposed = read.headers["access-control-expose-headers"].split(", ")
        assert {"RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "X-Trace-Id"} <= set(exposed)
        assert "access-control-allow-credentials" not in read.headers


async def test_another_origin_may_not(repository: Path) -> None:
    async with gateway(repository, cors_origins=[PAGE]) as http:
        other = {**PREFLIGHT, "Origin": "https://evil.example.org"}
        asked = await http.options("/v1/models/tiny/predict", headers=other)
        assert (asked.status_code, asked.headers.get("access-control-allow-origin")) == (400, None)
        assert "access-control-allow-origin" not in (await http.get("/health", headers=other)).headers


async def test_a_named_origin_may_send_credentials_where_the_settings_say_so(repository: Path) -> None:
    async with gateway(repository, cors_origins=[PAGE], cors_credentials=True) as http:
        answer = await http.get("/health", headers={"Origin": PAGE})
        assert answer.headers["access-control-allow-credentials"] == "true"
