"""Users: their tokens, their passwords, and who may change them."""

import asyncio
from pathlib import Path

import pytest

from gateway.identity.permissions import Role
from tests.unit.gateway.rig import PREDICT, check_problem, png
from tests.unit.identity.rig import PASSWORD, Asking, asking, bearer

NEW = "another long password"


async def test_a_password_gives_a_token_and_the_token_the_user_s_permissions(gateway: Asking) -> None:
    answer = await gateway.login()
    assert {name: answer.json()[name] for name in ("token_type", "expires_in")} == {
        "token_type": "Bearer",
        "expires_in": 900,
    }
    assert answer.headers["cache-control"] == "no-store"
    me = (await gateway.me(bearer(answer.json()["access_token"]))).json()
    assert me == {
        "kind": "user",
        "name": "admin",
        "role": "admin",
        "permissions": ["read", "predict", "data", "train", "release", "admin"],
    }


async def test_a_token_comes_for_an_oauth2_form_too(gateway: Asking) -> None:
    form = {"grant_type": "password", "username": "admin", "password": PASSWORD, "scope": ""}
    answer = await gateway.http.post("/v1/auth/token", data=form)
    assert (await gateway.me(bearer(answer.json()["access_token"]))).json()["name"] == "admin"


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{}", "application/json", 422, "request-invalid"),
        (b"{", "application/json", 422, "request-invalid"),
        (b'{"username": "admin", "password": "' + b"x" * 5000 + b'"}', "application/json", 413, "body-too-large"),
        (b"username=admin&password=x&grant_type=implicit", "application/x-www-form-urlencoded", 422, "request-invalid"),
        (b"a=1&" * 50, "application/x-www-form-urlencoded", 422, "request-invalid"),
        (b"\xff=1", "application/x-www-form-urlencoded", 422, "request-invalid"),
        (b"x", "text/plain", 415, "content-type-unsupported"),
    ],
)
async def test_a_login_that_is_none_is_a_problem(
    gateway: Asking, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = await gateway.http.post("/v1/auth/token", content=body, headers={"Content-Type": kind})
    check_problem(answer, status, code)
    assert "xxx" not in answer.text


async def test_a_wrong_password_an_unknown_name_and_a_disabled_user_look_alike(gateway: Asking) -> None:
    admin = await gateway.token()
    await gateway.http.post("/v1/users", headers=admin, json={"name": "anna", "role": "viewer", "password": NEW})
    await gateway.http.delete("/v1/users/anna", headers=admin)
    details = set()
    for name, password in [("admin", NEW), ("nobody", NEW), ("anna", NEW), ("\x00", NEW), ("ADMIN", PASSWORD)]:
        details.add(check_problem(await gateway.login(name, password), 401, "unauthenticated")["detail"])
    assert details == {"The name or the password is wrong."}


async def test_a_user_s_life(gateway: Asking) -> None:
    admin = await gateway.token()
    made = await gateway.http.post("/v1/users", headers=admin, json={"name": "anna", "role": "viewer", "password": NEW})
    assert (made.status_code, made.json()["disabled"]) == (201, None)
    anna = await gateway.token("anna", NEW)
    picture = png((1, 0, 0))
    assert (await gateway.http.post(PREDICT, content=picture, headers=anna)).status_code == 403
    await gateway.http.patch("/v1/users/anna", headers=admin, json={"role": "predictor"})
    assert (await gateway.http.post(PREDICT, content=picture, headers=anna)).status_code == 200
    assert (await gateway.http.delete("/v1/users/anna", headers=admin)).json()["disabled"] is not None
    check_problem(await gateway.me(anna), 401, "unauthenticated")
    await gateway.http.patch("/v1/users/anna", headers=admin, json={"disabled": False})
    assert (await gateway.me(anna)).status_code == 200


async def test_a_new_password_ends_the_tokens_of_the_old_one(gateway: Asking) -> None:
    before = await gateway.token()
    change = {"password": PASSWORD, "new_password": NEW}
    assert (await gateway.http.post("/v1/auth/password", headers=before, json=change)).status_code == 204
    check_problem(await gateway.me(before), 401, "unauthenticated")
    check_problem(await gateway.login(), 401, "unauthenticated")
    assert (await gateway.me(await gateway.token(password=NEW))).status_code == 200


async def test_a_password_is_changed_only_by_who_knows_it(gateway: Asking) -> None:
    change = {"password": NEW, "new_password": NEW}
    answer = await gateway.http.post("/v1/auth/password", headers=await gateway.token(), json=change)
    check_problem(answer, 401, "unauthenticated")
    key = bearer(await gateway.key(Role.ADMIN))
    check_problem(await gateway.http.post("/v1/auth/password", headers=key, json=change), 409, "accounts-off")


@pytest.mark.parametrize("password", ["short", "x" * 257, "é" * 200])
async def test_a_password_that_is_too_short_or_too_long_is_refused(gateway: Asking, password: str) -> None:
    new = {"name": "anna", "role": "viewer", "password": password}
    answer = await gateway.http.post("/v1/users", headers=await gateway.token(), json=new)
    assert answer.json()["code"] in {"password-unfit", "request-invalid"}


async def test_an_accent_typed_in_another_way_is_the_same_password(gateway: Asking) -> None:
    new = {"name": "anna", "role": "viewer", "password": "caf\u00e9 caf\u00e9 caf\u00e9"}
    await gateway.http.post("/v1/users", headers=await gateway.token(), json=new)
    assert (await gateway.login("anna", "cafe\u0301 cafe\u0301 cafe\u0301")).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"role": "viewer"}, 409, "last-admin"),
        ({"disabled": True}, 409, "last-admin"),
        ({"rank": 1}, 422, "request-invalid"),
    ],
)
async def test_the_last_admin_stays_one(gateway: Asking, change: dict[str, object], status: int, code: str) -> None:
    admin = await gateway.token()
    check_problem(await gateway.http.patch("/v1/users/admin", headers=admin, json=change), status, code)
    assert (await gateway.me(admin)).json()["role"] == "admin"


async def test_names_and_users_that_aren_t_there(gateway: Asking) -> None:
    admin = await gateway.token()
    new = {"name": "admin", "role": "viewer", "password": NEW}
    check_problem(await gateway.http.post("/v1/users", headers=admin, json=new), 409, "user-exists")
    for name in ("", "Anna", "a b", "a\x00", "-a", "ä"):
        answer = await gateway.http.post("/v1/users", headers=admin, json={**new, "name": name})
        check_problem(answer, 422, "account-invalid")
    for name in ("nobody", "%00", "Anna"):
        check_problem(await gateway.http.delete(f"/v1/users/{name}", headers=admin), 404, "user-unknown")
        check_problem(await gateway.http.delete(f"/v1/keys/{name}", headers=admin), 404, "key-unknown")


async def test_lists_come_in_pages(gateway: Asking) -> None:
    for name in ("anna", "bert"):
        await gateway.accounts.users.add(name, Role.VIEWER, "no hash")
    admin, names, after = await gateway.token(), [], ""
    while after is not None:
        page = (await gateway.http.get(f"/v1/users?limit=2&after={after}", headers=admin)).json()
        names += [user["name"] for user in page["users"]]
        after = page["next"]
    assert names == ["admin", "anna", "bert"]


async def test_a_key_s_life(gateway: Asking) -> None:
    admin = await gateway.token()
    made = (await gateway.http.post("/v1/keys", headers=admin, json={"role": "viewer", "note": "ci"})).json()
    assert (made["owner"], made["created_by"], made["note"]) == ("admin", "user:admin", "ci")
    key = {"X-API-Key": made.pop("key")}
    assert (await gateway.me(key)).json()["name"] == made["prefix"]
    assert (await gateway.http.get("/v1/keys", headers=admin)).json()["keys"] == [made]
    assert (await gateway.http.delete(f"/v1/keys/{made['prefix']}", headers=admin)).json()["revoked"]
    check_problem(await gateway.me(key), 401, "unauthenticated")


async def test_a_key_never_does_more_than_its_owner(gateway: Asking) -> None:
    admin = await gateway.token()
    await gateway.accounts.users.add("anna", Role.PREDICTOR, "no hash")
    refused = await gateway.http.post("/v1/keys", headers=admin, json={"role": "admin", "owner": "anna"})
    check_problem(refused, 422, "account-invalid")
    key = bearer(await gateway.key(Role.PREDICTOR, owner="anna"))
    assert (await gateway.me(key)).status_code == 200
    await gateway.http.patch("/v1/users/anna", headers=admin, json={"role": "viewer"})
    check_problem(await gateway.me(key), 401, "unauthenticated")
    await gateway.http.patch("/v1/users/anna", headers=admin, json={"role": "admin"})
    assert (await gateway.me(key)).json()["role"] == "predictor"


async def test_who_tries_passwords_has_to_wait(repository: Path, tmp_path: Path) -> None:
    async with asking(repository, tmp_path, auth_login_failures=2, auth_password_queue=16) as gateway:
        # Checking a password may take longer than the first wait.
        gateway.accounts.logins._attempts._clock = lambda: 0.0
        answers = await asyncio.gather(*(gateway.login(password=NEW) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [401, 401, 429, 429, 429, 429]
        waiting = await gateway.login()
        check_problem(waiting, 429, "logins-limited")
        assert int(waiting.headers["retry-after"]) >= 1
        check_problem(await gateway.login("nobody"), 401, "unauthenticated")
