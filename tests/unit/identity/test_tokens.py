"""Tokens: what is not exactly one of ours is none."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.identity.errors import Unauthenticated
from gateway.identity.lookups import Lookups, Times
from gateway.identity.permissions import Role
from gateway.identity.signing_keys import SigningKey
from gateway.identity.tables import now
from gateway.identity.tokens import AUDIENCE, ISSUER, TYPE, Tokens
from gateway.identity.users import User
from tests.unit.identity.rig import signing_key

ANNA = User("anna", Role.VIEWER, 1, now(), None)
Changes = dict[str, Any]


class People:
    """Users, as the database would know them."""

    def __init__(self, *users: User) -> None:
        self.users = {user.name: user for user in users}

    async def find(self, name: str) -> User | None:
        return self.users.get(name)


def tokens(people: People | None = None, *keys: SigningKey) -> Tokens:
    lookups = Lookups((people or People(ANNA)).find, Times(0.0, 0.0, 5.0), 10)
    return Tokens(keys or (signing_key(),), lookups, lifetime_s=60, size=10)


def claims(**changes: Any) -> Changes:
    at = int(time.time())
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "iat": at, "exp": at + 60, "jti": "1", "role": "viewer"}
    return {name: value for name, value in {**good, "gen": 1, **changes}.items() if value is not None}


def header(**changes: Any) -> Changes:
    good = {"alg": "EdDSA", "typ": TYPE, "kid": signing_key().kid}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def encoded(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def signed(head: Changes, body: Changes, sign: Callable[[bytes], bytes] | None = None) -> str:
    message = f"{encoded(head)}.{encoded(body)}"
    signature = (sign or signing_key().private.sign)(message.encode())
    return f"{message}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


def public_bytes(encoding: serialization.Encoding, form: serialization.PublicFormat) -> bytes:
    return signing_key().public.public_bytes(encoding, form)


async def test_what_these_tests_forge_is_good_where_nothing_is_changed() -> None:
    assert (await tokens().check(signed(header(), claims()))).id == "user:anna"


async def test_a_token_holds_until_it_is_over_though_it_was_checked_before() -> None:
    checking = tokens()
    assert (await checking.check(checking.issue(ANNA))).role is Role.VIEWER
    over = signed(header(), claims(iat=int(time.time()) - 60, exp=int(time.time()) - 3))
    # Clocks differ a little; but once remembered, a token holds no longer than it says.
    for _ in range(2):
        assert (await checking.check(over)).name == "anna"
    with pytest.raises(Unauthenticated):
        await checking.check(signed(header(), claims(iat=int(time.time()) - 60, exp=int(time.time()) - 6)))


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub", "jti", "role", "gen"])
async def test_each_claim_must_be_there(claim: str) -> None:
    with pytest.raises(Unauthenticated):
        await tokens().check(signed(header(), claims(**{claim: None})))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": ["trireme"]},
        {"aud": "other"},
        {"aud": 1},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": 1e400},
        {"iat": 9_999_999_999, "exp": 99_999_999_999},
        {"nbf": 9_999_999_999},
        {"sub": 1},
        {"sub": "bert"},
        {"jti": 1},
        {"gen": 2},
        {"gen": "1"},
    ],
    ids=str,
)
async def test_a_claim_that_is_wrong_is_refused(changes: Changes) -> None:
    with pytest.raises(Unauthenticated):
        await tokens().check(signed(header(), claims(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "Ed25519"},
        {"alg": None},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": None},
        {"kid": "foreign"},
        {"kid": 7},
        {"kid": "../../signing-keys.json"},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"jku": "http://127.0.0.1:9/keys"},
        {"jwk": {"kty": "OKP"}},
        {"x5u": "http://127.0.0.1:9/cert"},
        {"x5c": []},
    ],
    ids=str,
)
async def test_a_header_that_is_wrong_is_refused_though_the_signature_is_ours(changes: Changes) -> None:
    with pytest.raises(Unauthenticated):
        await tokens().check(signed(header(**changes), claims()))


async def test_the_public_key_is_no_secret_of_an_hmac() -> None:
    pem = public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    raw = public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    for secret in (pem, raw, b""):
        for algorithm in ("HS256", "EdDSA"):
            with pytest.raises(Unauthenticated):
                await tokens().check(signed(header(alg=algorithm), claims(), hs256(secret)))


async def test_a_key_of_another_kind_or_another_of_the_same_kind_is_refused() -> None:
    foreign = SigningKey.of(Ed25519PrivateKey.generate())
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        signed(header(), claims(), foreign.private.sign),
        signed(header(kid=foreign.kid), claims(), foreign.private.sign),
        jwt.encode(claims(), rsa_key, "RS256", {"kid": signing_key().kid, "typ": TYPE}),
        jwt.encode(claims(), "", "none", {"kid": signing_key().kid, "typ": TYPE}),
    ]
    for token in forged:
        with pytest.raises(Unauthenticated):
            await tokens().check(token)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_token_that_was_tampered_with_is_refused(place: int) -> None:
    parts = signed(header(), claims()).split(".")
    admin = {0: encoded(header(typ="at+JWT")), 1: encoded(claims(role="admin", sub="admin")), 2: "A" * len(parts[2])}
    parts[place] = admin[place]
    for token in (".".join(parts), ".".join(parts[:2]) + ".", parts[0], "", "..", "a.b.c", "é.é.é", "[" * 5000):
        with pytest.raises(Unauthenticated):
            await tokens().check(token)


async def test_a_role_is_the_user_s_of_now_and_not_the_token_s() -> None:
    people = People(ANNA)
    checking = tokens(people)
    token = checking.issue(ANNA)
    people.users["anna"] = User("anna", Role.RELEASER, 1, now(), None)
    assert (await checking.check(token)).role is Role.RELEASER
    people.users["anna"] = User("anna", Role.RELEASER, 1, now(), now())
    with pytest.raises(Unauthenticated):
        await checking.check(token)


async def test_after_a_rotation_the_new_key_signs_and_the_old_one_still_verifies() -> None:
    new = SigningKey.of(Ed25519PrivateKey.generate())
    old_token = tokens().issue(ANNA)
    both = tokens(None, new, signing_key())
    assert jwt.get_unverified_header(both.issue(ANNA))["kid"] == new.kid
    assert (await both.check(old_token)).name == "anna"
    with pytest.raises(Unauthenticated):
        await tokens(None, new).check(old_token)
