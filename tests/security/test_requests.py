"""Addresses, methods, hosts and origins that probe for a way round."""

import json
import logging
from pathlib import Path

import httpx
import pytest

from tests.support.wire import answer, connected, head, sized
from tests.unit.gateway.rig import PREDICT, png

CLIMBS = [
    "..",
    ".",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%2f..%2fetc%2fpasswd",
    "%252e%252e%252fetc",
    "..%5c..%5cwindows",
    "..\\..\\windows",
    "tiny%00",
    "%00",
    "tiny%0d%0aX-Evil:%201",
    "tiny%2f..%2fcredit",
    "%c0%ae%c0%ae",  # overlong UTF-8 of two dots
    "%e2%80%a5",  # a character that looks like two dots
    "%ef%bc%8e%ef%bc%8e%ef%bc%8f",  # wide ones, which normalise to `../`
    "%ef%bd%94iny",  # a wide t
    "TINY",
    "tiny.",
    "tiny%20",
    "tiny;v=1",
    "~root",
    "-v1",
    "tiny-v1",
    "x" * 300,
    "file:%2f%2f%2fetc%2fpasswd",
]
ROUTES = ["/v1/models/{}", "/v1/models/{}/predict", "/v1/models/{}/predict/batch", "/v1/models/{}/validate"]


def exchange(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    with connected(port) as connection:
        connection.sendall(request)
        return answer(connection)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", CLIMBS, ids=ascii)
def test_no_name_of_a_model_leads_out_of_the_repository(port: int, repository: Path, route: str, name: str) -> None:
    path = route.format(name)
    # By hand: clients would normalise it.
    request = head(path, method="GET") if route == ROUTES[0] else sized(path, png())
    status, headers, body = exchange(port, request)
    assert status in {404, 405, 422}
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["code"] in {"name-invalid", "model-unknown", "not-found", "method-not-allowed"}
    assert "x-evil" not in headers
    for secret in (str(repository), "root:", "\\windows"):
        assert secret.encode() not in body


@pytest.mark.parametrize(
    "path",
    [
        "/docs/assets/../../../../etc/passwd",
        "/docs/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/assets/%2e%2e/%2e%2e/__init__.py",
        "/docs/assets/%252e%252e/__init__.py",
        "/docs/assets//etc/passwd",
        "/docs/assets/%00",
        "/docs/assets/..\\__init__.py",
        "/docs/assets",
        "/docs/assets/",
    ],
)
def test_the_documentation_s_files_lead_nowhere_else(port: int, path: str) -> None:
    status, _, body = exchange(port, head(path, method="GET"))
    assert (status, json.loads(body)["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    "path", ["//v1/models", "/v1//models", "/./v1/models", "/v1/models/", "/V1/models", "/v1/models;x", "/v1%2fmodels/"]
)
def test_an_address_has_one_spelling(port: int, path: str) -> None:
    status, headers, _ = exchange(port, head(path, method="GET"))
    # Never a redirect, whose target a caller's Host header would make up.
    assert (status, headers.get("location")) == (404, None)


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "..\\x", "a\0b", "/etc/passwd", "x" * 5000, "\u202egnp.exe", ""]
)
def test_a_file_s_name_is_a_word_in_the_answer_and_nothing_else(http: httpx.Client, tmp_path: Path, name: str) -> None:
    answer = http.post(f"{PREDICT}/batch", files=[("files", (name, png()))])
    assert answer.status_code in {200, 400, 422}
    if answer.status_code == 200:
        assert json.loads(answer.text)["label"]


@pytest.mark.parametrize(
    "method", ["TRACE", "PROPFIND", "MKCOL", "MOVE", "PUT", "PATCH", "DELETE", "OPTIONS", "SEARCH"]
)
@pytest.mark.parametrize("path", ["/v1/models", PREDICT, "/health", "/metrics", "/docs"])
def test_other_methods_are_405_and_repeat_nothing(port: int, method: str, path: str) -> None:
    status, headers, body = exchange(port, head(path, "X-Secret: 12345", "Cookie: secret", method=method))
    assert (status, json.loads(body)["code"]) == (405, "method-not-allowed")
    assert headers["allow"]
    assert b"12345" not in body


@pytest.mark.parametrize(
    "spoof", ["X-HTTP-Method-Override: POST", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics"]
)
def test_headers_change_neither_method_nor_address(port: int, spoof: str) -> None:
    status, _, body = exchange(port, head("/v1/models", spoof, method="GET"))
    assert status == 200
    assert "models" in json.loads(body)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_answers_never_name_the_host_that_a_caller_made_up(port: int, host: str) -> None:
    for path in ("/v1/models/", "/docs", "/openapi.json", "/nowhere"):
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: forged.example\r\n\r\n".encode()
        status, headers, body = exchange(port, request)
        assert status in {200, 404}
        assert "location" not in headers
        assert b"evil.example" not in body
        assert b"forged.example" not in body


def test_an_address_with_another_host_in_it_is_the_address_here(port: int) -> None:
    status, _, body = exchange(port, b"GET http://evil.example/nowhere HTTP/1.1\r\nHost: gateway\r\n\r\n")
    assert (status, json.loads(body)["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1/models", PREDICT, "/health"])
def test_a_page_of_another_site_can_read_nothing(http: httpx.Client, path: str) -> None:
    origin = {"Origin": "https://evil.example"}
    wish = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for found in (http.get(path, headers=origin), http.options(path, headers=wish)):
        assert not [name for name in found.headers if name.startswith("access-control-")]
    assert http.get(path, headers=origin).headers["cross-origin-resource-policy"] == "same-origin"


def test_nothing_that_a_caller_sends_makes_a_line_of_the_log(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forged = "%0d%0aERROR%20forged%0a%1b%5b2J%e2%80%a8"
    http.get(f"/v1/models/{forged}")
    http.get(f"/{forged}?{forged}", headers={"User-Agent": "forged", "traceparent": "forged", "Referer": "forged"})
    http.post(PREDICT, files={"file\r\nforged": ("forged\n", b"x")})
    # Refused before there is a request.
    http.post(PREDICT, content=b"forged", headers={"Content-Type": "forged/\x7f"})
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert len(ours) == 3
    for message in ours:
        assert "forged" not in message
        assert message.isprintable()
