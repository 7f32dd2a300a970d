"""Tokens of an external issuer, which is a real HTTP server here."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from gateway.identity.errors import IssuerUnavailable
from gateway.identity.issuer import role_of
from gateway.identity.issuer_keys import DISCOVERY, IssuerKeys
from gateway.identity.permissions import Role
from tests.unit.gateway.rig import check_problem, settings
from tests.unit.identity.issuer import AUDIENCE, Issuer, run_issuer
from tests.unit.identity.rig import Asking, asking, bearer

ROLES = {"admins": "admin", "ml-team": "trainer"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as issuer:
        yield issuer


def given(issuer: Issuer) -> dict[str, Any]:
    return {"auth": "issuer", "auth_issuer": issuer.url, "auth_audience": AUDIENCE, "auth_roles": ROLES}


@pytest.fixture
async def gateway(repository: Path, tmp_path: Path, issuer: Issuer) -> AsyncIterator[Asking]:
    async with asking(repository, tmp_path, **given(issuer)) as gateway:
        yield gateway


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def keys(issuer: Issuer) -> AsyncIterator[IssuerKeys]:
    async with httpx.AsyncClient(timeout=60) as http:
        keys = IssuerKeys(http, issuer.url, "RS256", Clock())
        yield keys
        await keys.close()


def clock(keys: IssuerKeys) -> Clock:
    assert isinstance(keys._clock, Clock)
    return keys._clock


async def test_an_issuer_s_token_gives_the_role_of_the_caller_s_group(gateway: Asking, issuer: Issuer) -> None:
    me = (await gateway.me(bearer(issuer.token()))).json()
    assert (me["kind"], me["name"], me["role"]) == ("issuer", "anna@example.org", "trainer")
    assert (await gateway.me(bearer(issuer.token(roles="admins")))).json()["role"] == "admin"
    nothing = bearer(issuer.token(roles=["others"]))
    assert (await gateway.me(nothing)).json()["permissions"] == []
    check_problem(await gateway.http.get("/v1/models", headers=nothing), 403, "forbidden")
    # One fetch served all of them.
    assert issuer.asked == [DISCOVERY, "/keys"]


async def test_api_keys_work_and_users_are_not_ours(gateway: Asking, issuer: Issuer) -> None:
    admin = bearer(issuer.token(roles=["admins"]))
    made = (await gateway.http.post("/v1/keys", headers=admin, json={"role": "viewer"})).json()
    assert (made["owner"], made["created_by"]) == (None, "issuer:anna@example.org")
    assert (await gateway.me(bearer(made["key"]))).json()["role"] == "viewer"
    check_problem(await gateway.http.get("/v1/users", headers=admin), 409, "accounts-off")
    login = {"username": "admin", "password": "x"}
    check_problem(await gateway.http.post("/v1/auth/token", json=login), 409, "accounts-off")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://127.0.0.1:9"},
        {"aud": "other"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": 9_999_999_999},
        {"sub": None},
        {"sub": "a\nb"},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
    ids=str,
)
async def test_what_is_wrong_in_a_token_is_refused(gateway: Asking, issuer: Issuer, changes: dict[str, Any]) -> None:
    check_problem(await gateway.me(bearer(issuer.token(**changes))), 401, "unauthenticated")


async def test_a_foreign_key_another_algorithm_and_an_unknown_kid_are_refused(gateway: Asking, issuer: Issuer) -> None:
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    with run_issuer() as other:
        forged = [
            jwt.encode(claims, other.keys["one"], "RS256", {"kid": "one"}),
            jwt.encode(claims, other.keys["one"], "RS256", {"kid": "other", "jku": f"{other.url}/keys"}),
            jwt.encode(claims, issuer.keys["one"], "PS256", {"kid": "one"}),
            jwt.encode(claims, issuer.keys["one"], "RS512", {"kid": "one"}),
            jwt.encode(claims, issuer.keys["one"], "RS256"),
            jwt.encode(claims, json.dumps(issuer.documents["/keys"].decode()), "HS256", {"kid": "one"}),
        ]
        for token in forged:
            check_problem(await gateway.me(bearer(token)), 401, "unauthenticated")
        assert other.asked == []


async def test_an_unknown_kid_causes_one_fetch_in_thirty_seconds(issuer: Issuer, keys: IssuerKeys) -> None:
    assert await keys.find("one")
    for number in range(10):
        assert await keys.find(f"made-up-{number}") is None
    assert issuer.asked.count("/keys") == 1
    issuer.add_key("two")
    clock(keys).now += 31
    assert await keys.find("two")
    assert issuer.asked.count("/keys") == 2


async def test_keys_stay_in_use_while_the_issuer_is_away(issuer: Issuer, keys: IssuerKeys) -> None:
    assert await keys.find("one")
    issuer.documents = {}
    for _ in range(3):
        clock(keys).now += 601
        assert await keys.find("one")
        assert keys._refresh is not None
        await keys._refresh
    assert issuer.asked.count(DISCOVERY) == 4


async def test_a_key_that_the_issuer_withdrew_ends_with_the_next_fetch(issuer: Issuer, keys: IssuerKeys) -> None:
    assert await keys.find("one")
    issuer.add_key("two")
    del issuer.keys["one"]
    issuer.publish()
    clock(keys).now += 601
    await keys.find("one")
    assert keys._refresh is not None
    await keys._refresh
    assert await keys.find("one") is None


async def test_an_issuer_that_never_answered_is_said_to_be_away(gateway: Asking, issuer: Issuer) -> None:
    token = bearer(issuer.token())
    issuer.documents = {}
    check_problem(await gateway.me(token), 503, "issuer-unavailable")


@pytest.mark.parametrize(
    "documents",
    [
        {DISCOVERY: b"nonsense"},
        {DISCOVERY: b"[]"},
        {DISCOVERY: b"{}"},
        {DISCOVERY: b"[" * 100_000},
        {DISCOVERY: b'{"issuer": "http://127.0.0.1:9", "jwks_uri": "URL/keys"}'},
        {DISCOVERY: b'{"issuer": "URL", "jwks_uri": "http://example.org/keys"}'},
        {DISCOVERY: b'{"issuer": "URL", "jwks_uri": "file:///etc/passwd"}'},
        {DISCOVERY: b'{"issuer": "URL", "jwks_uri": 1}'},
        {"/keys": b'{"keys": 1}'},
        {"/keys": b'{"keys": [1, {"kty": "RSA"}]}'},
        {"/keys": b'{"keys": [], "x": "' + b"x" * (1 << 20) + b'"}'},
    ],
    ids=str,
)
async def test_documents_that_are_none_give_no_keys(
    issuer: Issuer, keys: IssuerKeys, documents: dict[str, bytes]
) -> None:
    issuer.documents |= {path: body.replace(b"URL", issuer.url.encode()) for path, body in documents.items()}
    with pytest.raises(IssuerUnavailable):
        await keys.find("one")


async def test_a_broken_key_and_keys_for_other_uses_are_left_out(issuer: Issuer, keys: IssuerKeys) -> None:
    jwks = json.loads(issuer.documents["/keys"])["keys"][0]
    odd = [
        {**jwks, "kid": "enc", "use": "enc"},
        {**jwks, "kid": "ps", "alg": "PS256"},
        {**jwks, "kid": "broken", "n": "!"},
        {"kty": "oct", "kid": "s", "k": "AA"},
    ]
    issuer.documents["/keys"] = json.dumps({"keys": [*odd, jwks]}).encode()
    assert await keys.find("one")
    for kid in ("enc", "ps", "s", "broken"):
        assert await keys.find(kid) is None


@pytest.mark.parametrize(
    ("claims", "claim", "role"),
    [
        ({"roles": ["ml-team", "admins"]}, "roles", Role.ADMIN),
        ({"roles": "ml-team"}, "roles", Role.TRAINER),
        ({"realm_access": {"roles": ["ml-team"]}}, "realm_access.roles", Role.TRAINER),
        ({"https://example.org/roles": ["ml-team"]}, "https://example.org/roles", Role.TRAINER),
        ({"realm_access": "x"}, "realm_access.roles", None),
        ({"roles": {"admins": 1}}, "roles", None),
        ({"roles": [["admins"], None, 1]}, "roles", None),
        ({}, "roles", None),
    ],
)
def test_a_caller_s_role_is_the_first_that_fits(claims: dict[str, Any], claim: str, role: Role | None) -> None:
    assert role_of(claims, claim, {name: Role(value) for name, value in ROLES.items()}) is role


@pytest.mark.parametrize(
    "changes",
    [
        {"auth_issuer": ""},
        {"auth_audience": ""},
        {"auth_roles": {}},
        {"auth_roles": {"x": "emperor"}},
        {"auth_issuer": "http://example.org"},
        {"auth_issuer": "example.org"},
        {"auth_algorithm": "HS256"},
        {"auth_algorithm": "none"},
    ],
    ids=str,
)
def test_settings_of_an_issuer_that_can_t_be_are_refused(changes: dict[str, Any]) -> None:
    good = given(Issuer("https://example.org"))
    settings(Path(), **good)
    with pytest.raises(ValueError, match=r"(?i)auth|issuer"):
        settings(Path(), **{**good, **changes})
