"""Parts of the identity: what is remembered, what slows down, and the files of secrets."""

import asyncio
import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.database.errors import DatabaseUnavailable
from gateway.errors import Overloaded
from gateway.identity import lookups as lookups_module
from gateway.identity import signing_keys
from gateway.identity.attempts import Attempts, Origin
from gateway.identity.errors import LoginsLimited, PasswordUnfit, SecretFileUnfit
from gateway.identity.lookups import Lookups, Times
from gateway.identity.passwords import Passwords
from gateway.identity.permissions import Role
from gateway.settings import GatewaySettings
from tests.unit.gateway.rig import settings
from tests.unit.identity.rig import asking, files

TIMES = Times(fresh_s=5, stale_s=60, timeout_s=5)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Where things are looked up."""

    def __init__(self, **known: str) -> None:
        self.known = known
        self.asked: list[str] = []
        self.is_away = False
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, name: str) -> str | None:
        self.asked.append(name)
        await self.go.wait()
        if self.is_away:
            raise DatabaseUnavailable
        return self.known.get(name)


async def test_an_answer_is_reused_for_a_moment_an_absence_too() -> None:
    source, clock = Source(a="1"), Clock()
    lookups = Lookups(source, TIMES, 10, clock)
    for _ in range(3):
        assert (await lookups.get("a"), await lookups.get("b")) == ("1", None)
    assert source.asked == ["a", "b"]
    clock.now = 5
    source.known = {"b": "2"}
    assert (await lookups.get("a"), await lookups.get("b")) == (None, "2")


async def test_many_who_ask_at_once_cause_one_lookup_and_one_who_leaves_doesn_t_end_it() -> None:
    source = Source(a="1")
    lookups = Lookups(source, TIMES, 10)
    source.go.clear()
    asking = [asyncio.create_task(lookups.get("a")) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    source.go.set()
    assert await asyncio.gather(*asking[1:]) == ["1"] * 4
    assert source.asked == ["a"]


async def test_what_was_good_is_used_for_a_while_when_it_can_t_be_looked_up_and_nothing_else_is() -> None:
    source, clock = Source(a="1"), Clock()
    lookups = Lookups(source, TIMES, 10, clock)
    assert await lookups.get("a") == "1"
    assert await lookups.get("b") is None
    source.is_away, clock.now = True, 10
    assert [await lookups.get("a") for _ in range(3)] == ["1"] * 3
    # Once in five seconds it is tried; the others don't wait.
    assert source.asked == ["a", "b", "a"]
    with pytest.raises(DatabaseUnavailable):
        await lookups.get("b")
    clock.now = 66
    with pytest.raises(DatabaseUnavailable):
        await lookups.get("a")


async def test_a_lookup_that_takes_too_long_has_failed() -> None:
    source = Source()
    source.go.clear()
    with pytest.raises(DatabaseUnavailable):
        await Lookups(source, Times(5, 5, 0.01), 10).get("a")


async def test_a_flood_of_made_up_names_pushes_nothing_good_out_and_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookups_module, "MAX_LOADING", 3)
    source = Source(a="1")
    lookups = Lookups(source, TIMES, 2)
    await lookups.get("a")
    for number in range(20):
        await lookups.get(f"x{number}")
    assert await lookups.get("a") == "1"
    assert source.asked.count("a") == 1
    source.go.clear()
    flood = [asyncio.create_task(lookups.get(f"y{number}")) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await lookups.get("z")
    source.go.set()
    await asyncio.gather(*flood)


async def test_a_flood_doesn_t_keep_what_is_good_no_more_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups_module, "MAX_LOADING", 1)
    source, clock = Source(a="1"), Clock()
    lookups = Lookups(source, TIMES, 10, clock)
    await lookups.get("a")
    source.known, clock.now = {}, 10
    source.go.clear()
    flood, asking = asyncio.create_task(lookups.get("x")), asyncio.create_task(lookups.get("a"))
    await asyncio.sleep(0)
    source.go.set()
    assert (await flood, await asking) == (None, None)


async def test_a_change_is_seen_at_once_though_a_lookup_of_the_state_before_is_under_way() -> None:
    source = Source(a="old")
    lookups = Lookups(source, TIMES, 10)
    source.go.clear()
    before = asyncio.create_task(lookups.get("a"))
    await asyncio.sleep(0)
    lookups.forget()
    source.go.set()
    await before
    source.known = {"a": "new"}
    assert await lookups.get("a") == "new"


def test_each_failed_login_doubles_the_wait_up_to_the_longest() -> None:
    clock = Clock()
    attempts, origin = Attempts(3, 10, clock), Origin("anna", "10.0.0.1")
    for _ in range(3):
        attempts.begin(origin)
    for wait in (1, 2, 4, 8, 10, 10):
        clock.now += wait - 0.5
        with pytest.raises(LoginsLimited):
            attempts.begin(origin)
        clock.now += 0.5
        attempts.begin(origin)
    attempts.begin(Origin("anna", "10.0.0.2"))
    attempts.begin(Origin("bert", "10.0.0.1"))
    clock.now += 21
    for _ in range(3):
        attempts.begin(origin)


def test_a_right_password_clears_the_count_and_an_unchecked_one_does_not_count() -> None:
    attempts, origin = Attempts(2, 10, Clock()), Origin("anna", "10.0.0.1")
    for _ in range(5):
        attempts.begin(origin)
        attempts.take_back(origin)
    for _ in range(5):
        attempts.begin(origin)
        attempts.succeed(origin)
    attempts.begin(origin)
    attempts.begin(origin)
    with pytest.raises(LoginsLimited):
        attempts.begin(origin)


async def test_more_passwords_than_may_wait_are_refused() -> None:
    passwords = Passwords(threads=1, queue=1)
    found = await asyncio.gather(*(passwords.is_right(None, "x") for _ in range(4)), return_exceptions=True)
    passwords.close()
    assert [type(one) for one in found] == [bool, bool, Overloaded, Overloaded]
    assert found[:2] == [False, False]


async def test_a_hash_of_other_parameters_is_made_anew_at_the_next_login(repository: Path, tmp_path: Path) -> None:
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("an old password")
    async with asking(repository, tmp_path) as gateway:
        await gateway.accounts.users.add("anna", Role.VIEWER, cheap)
        for _ in range(2):
            assert (await gateway.login("anna", "an old password")).status_code == 200
        _, hashed = await gateway.accounts.users.with_hash("anna")
    assert hashed is not None
    assert "m=65536,t=3,p=4" in hashed


def test_signing_keys_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"
    made = signing_keys.load(path, create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [key.kid for key in signing_keys.load(path, create=True)] == [key.kid for key in made]


def test_rotation_puts_a_new_key_first_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    (first,) = signing_keys.load(path, create=True)
    second, kept = signing_keys.rotate(path, 1)
    assert kept.kid == first.kid
    assert [key.kid for key in signing_keys.rotate(path, 1)][1:] == [second.kid]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[]",
        '{"keys": []}',
        '{"keys": [1]}',
        '{"keys": [{"kty": "oct", "k": "AAAA"}]}',
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}',
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}]}',
    ],
)
def test_a_file_of_signing_keys_that_is_none_stops_the_start(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "keys.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SecretFileUnfit, match="GATEWAY_AUTH_SIGNING_KEYS"):
        signing_keys.load(path, create=False)
    assert path.exists() == (text is not None)


def test_a_thumbprint_is_rfc_8037_s() -> None:
    """The example of its appendix A.3."""
    jwk = {
        "kty": "OKP",
        "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }
    assert signing_keys._key(jwk).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("text", [None, "", "\n"])
async def test_an_admin_s_password_file_that_holds_none_stops_the_start(
    repository: Path, tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "none"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SecretFileUnfit, match="ADMIN_PASSWORD_FILE"):
        async with asking(repository, tmp_path, auth_admin_password_file=path):
            pass


async def test_an_admin_s_password_that_is_too_short_stops_the_start(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("short")
    with pytest.raises(PasswordUnfit):
        async with asking(repository, tmp_path, auth_admin_password_file=tmp_path / "short"):
            pass


async def test_the_first_password_is_printed_once_and_is_right(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with asking(repository, tmp_path, auth_admin_password_file=None) as gateway:
        printed = capsys.readouterr().err
        password = printed.split("password ")[1].split()[0]
        assert (await gateway.login("admin", password)).status_code == 200
    async with asking(repository, tmp_path, auth_admin_password_file=None):
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "::", "example.org"])
def test_nobody_is_asked_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="GATEWAY_AUTH=off is for a loopback address"):
        settings(Path(), auth="off", host=host)
    settings(Path(), auth="accounts", host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_has_many_names(host: str) -> None:
    assert settings(Path(), auth="off", host=host).is_loopback


def test_accounts_are_the_default() -> None:
    assert GatewaySettings.model_fields["auth"].default == "accounts"


def test_no_secret_shows_in_what_is_printed(tmp_path: Path) -> None:
    found = settings(Path(), **files(tmp_path), database_timeout_s=1)
    found = found.model_copy(update={"database": SecretStr("postgresql://u:hidden@h/d")})
    assert "hidden" not in repr(found)
    (key,) = signing_keys.load(tmp_path / "keys.json", create=False)
    assert json.loads((tmp_path / "keys.json").read_text())["keys"][0]["d"] not in repr(key)
