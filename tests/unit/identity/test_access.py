"""One table says who may do what: it knows every route, and what it doesn't know is denied."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Mount, Route

from gateway.app import create_app
from gateway.identity.access import RULES, Open, access_table
from gateway.identity.permissions import PERMISSIONS, Permission, Role
from tests.unit.gateway.rig import check_problem, settings
from tests.unit.identity.rig import Asking, asking, bearer

SAMPLES = {
    "{batch}": "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f",
    "{id}": "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f",
    "{job}": "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f",
    "{model}": "tiny",
    "{name}": "nobody",
    "{prefix}": "none",
    "{version}": "1",
    "{path:path}": "swagger-ui.css",
}


def routes(app: Any) -> Iterator[tuple[str, str]]:
    """Every method and template of an app."""
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, Mount):
            yield "GET", f"{found.path}/{{path:path}}"
        else:
            yield from ((method, found.path or "") for method in found.methods or () if method != "HEAD")


def filled(template: str) -> str:
    for name, value in SAMPLES.items():
        template = template.replace(name, value)
    assert "{" not in template
    return template


def test_the_table_knows_exactly_the_app_s_routes() -> None:
    assert set(routes(create_app(settings(Path())))) == set(RULES)


def test_table_and_router_take_the_same_route_where_two_could_match() -> None:
    for method, template in RULES:
        path = filled(template)
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        taken = next(route for route in ROUTES if route.matches(scope)[0] is Match.FULL)
        found = TABLE.find(path)
        assert found is not None
        assert found.template == template == template_of(taken)


KNOWN = sorted({piece for _, template in RULES for piece in template.split("/")})
ODD = ["tiny", "..", ".", "%2f", "%2e", ";", "V1", "v2", "é", "a;b", "\n", "metrics\n", "\x00"]
PIECES = st.sampled_from(KNOWN + ODD)


@given(st.lists(PIECES, max_size=6), st.sampled_from(["", "/", "//", "\n"]))
def test_the_table_finds_the_route_that_the_router_finds_or_none(pieces: list[str], end: str) -> None:
    path = "/" + "/".join(pieces) + end
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    found = TABLE.find(path)
    matching = [route for route in ROUTES if route.matches(scope)[0] is not Match.NONE]
    # A router may match more (a path that ends with a line's end); then nobody gets there.
    assert found is None or found.template in {template_of(route) for route in matching}
    assert not (found is None and matching) or path.endswith("\n")


def template_of(route: Any) -> str:
    return f"{route.path}/{{path:path}}" if isinstance(route, Mount) else route.path


TABLE = access_table(open_metrics=False)
ROUTES = [
    Mount(found.path or "", found.original_route.app)
    if isinstance(found.original_route, Mount)
    else Route(found.path or "", found.endpoint or print, methods=list(found.methods or ()))
    for found in iter_route_contexts(create_app(settings(Path())).routes)
]

WAYS_ROUND = [
    "//metrics",
    "/./metrics",
    "/metrics/",
    "/metrics;x",
    "/METRICS",
    "/%2fmetrics",
    "/health/..%2fmetrics",
    "/health/%2e%2e/metrics",
    "/health/live/../../metrics",
    "/metrics%0a",
    "/metrics%00",
    "/metrics%3fx",
    "/v1//models",
    "/v1/models/",
    "/v1%2fusers",
    "/v1/models/tiny%2fpredict",
    "/docs/assets/../../metrics",
    "/v1/users/",
    "/v1/users/%2e",
    "/nowhere",
]


async def status_of(app: FastAPI, method: str, path: str, headers: dict[str, str]) -> int:
    """What an app answers to a path as it is written: HTTP clients tidy paths up, attackers don't."""
    statuses: list[int] = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "path": unquote(path), "raw_path": path.encode(), "root_path": ""}
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await app({**scope, "headers": lines, "query_string": b"", "scheme": "http"}, receive, send)
    return statuses[0]


async def test_no_way_leads_round_the_table(gateway: Asking) -> None:
    viewer = bearer(await gateway.key(Role.VIEWER))
    for method, path in itertools.product(["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "BREW"], WAYS_ROUND):
        assert await status_of(gateway.app, method, path, {}) == 401, (method, path)
        # 403, 405 and 422 where the path names a user or model of that odd name.
        assert await status_of(gateway.app, method, path, viewer) in {403, 404, 405, 422}, (method, path)
    assert await status_of(gateway.app, "GET", "/metrics", viewer) == 200


async def test_a_root_path_leads_nowhere(gateway: Asking) -> None:
    transport = httpx.ASGITransport(gateway.app, root_path="/x")
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        assert (await http.get("/x/metrics")).status_code == 401
        assert (await http.get("/x/health")).status_code == 401


async def test_head_needs_what_get_needs_and_an_unknown_method_is_told(gateway: Asking) -> None:
    assert (await gateway.http.head("/v1/models")).status_code == 401
    viewer = bearer(await gateway.key(Role.VIEWER))
    answer = await gateway.http.put("/v1/users/anna", headers=viewer)
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, PATCH"


async def test_every_role_may_do_what_the_table_says_and_nothing_else(gateway: Asking) -> None:
    keys = {role: bearer(await gateway.key(role)) for role in Role}
    for (method, template), need in RULES.items():
        path = filled(template)
        refused = (await gateway.http.request(method, path)).status_code == 401
        # A login without a body is refused for that.
        assert refused == (need is not Open.PUBLIC), (method, path)
        for role, headers in keys.items():
            status = (await gateway.http.request(method, path, headers=headers)).status_code
            assert (status == 403) == (not allowed(role, need)), (role, method, path, status)
            assert status not in {401, 404, 405, 500} or template.endswith("}"), (role, method, path, status)


def allowed(role: Role, need: Permission | Open) -> bool:
    return isinstance(need, Open) or need in PERMISSIONS[role]


async def test_metrics_are_open_where_the_settings_say_so(repository: Path, tmp_path: Path) -> None:
    async with asking(repository, tmp_path, metrics_access="open") as gateway:
        assert "trireme_gateway_requests_total" in (await gateway.http.get("/metrics")).text
        assert (await gateway.http.get("/v1/models")).status_code == 401


async def test_what_was_refused_is_counted_by_its_route(gateway: Asking) -> None:
    viewer = bearer(await gateway.key(Role.VIEWER))
    await gateway.http.post("/v1/models/anything/predict", headers=viewer)
    metrics = (await gateway.http.get("/metrics", headers=viewer)).text
    assert 'requests_total{method="POST",route="/v1/models/{model}/predict",status="403"} 1.0' in metrics
    assert "anything" not in metrics


async def test_the_openapi_document_says_what_needs_what(gateway: Asking) -> None:
    document = (await gateway.http.get("/openapi.json", headers=bearer(await gateway.key(Role.VIEWER)))).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            is_public = RULES[method.upper(), path] is Open.PUBLIC
            assert operation["security"] == ([] if is_public else [{"bearer": []}, {"apiKey": []}])
            assert is_public or "401" in operation["responses"]
            assert isinstance(RULES[method.upper(), path], Open) or "403" in operation["responses"]


async def test_a_websocket_is_refused(gateway: Asking) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/health", "headers": [], "query_string": b"", "subprotocols": []}
    await gateway.app(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
