"""Finding replicas by DNS."""

import asyncio
import socket
from collections.abc import Callable, Iterable

import pytest

from gateway.connecting import open_triton
from gateway.discovery import Discovery, resolve
from gateway.metrics import Metrics
from gateway.settings import GatewaySettings


class Names:
    """A resolver whose answers a test sets: a set of addresses, or an error."""

    def __init__(self, **answers: set[str] | OSError) -> None:
        self.answers = answers

    async def __call__(self, target: str) -> set[str]:
        answer = self.answers[target]
        if isinstance(answer, OSError):
            raise answer
        return answer


class Pool:
    """Remembers each list of addresses that it was given."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = []

    def set_addresses(self, addresses: Iterable[str]) -> None:
        self.lists.append(list(addresses))


def discovery(names: Names, pool: Pool, interval_s: float = 0.001) -> Discovery:
    return Discovery(tuple(names.answers), pool.set_addresses, interval_s=interval_s, resolve=names)


async def test_the_addresses_of_every_name_are_replicas() -> None:
    pool = Pool()
    await discovery(Names(a={"10.0.0.1:1", "10.0.0.2:1"}, b={"10.0.0.2:1", "10.0.0.3:1"}), pool).refresh()
    assert pool.lists == [["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]]


async def test_the_pool_is_told_of_changes_only() -> None:
    names, pool = Names(a={"x:1"}), Pool()
    found = discovery(names, pool)
    for answer in ({"x:1"}, {"x:1", "y:1"}, {"x:1", "y:1"}, {"y:1"}, set()):
        names.answers["a"] = answer
        await found.refresh()
    assert pool.lists == [["x:1"], ["x:1", "y:1"], ["y:1"], []]


async def test_while_the_resolver_fails_the_replicas_of_before_hold_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names, pool = Names(a={"x:1"}, b={"y:1"}), Pool()
    found = discovery(names, pool)
    await found.refresh()
    names.answers["b"] = socket.gaierror(socket.EAI_AGAIN, "later")
    await found.refresh()
    await found.refresh()
    assert pool.lists == [["x:1", "y:1"]]
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    names.answers["b"] = set()
    await found.refresh()
    assert pool.lists[-1] == ["x:1"]


async def test_a_name_that_nobody_can_tell_keeps_no_other_from_changing() -> None:
    names, pool = Names(a={"x:1"}, b=socket.gaierror(socket.EAI_AGAIN, "later")), Pool()
    found = discovery(names, pool)
    await found.refresh()
    names.answers["a"] = {"x:2"}
    await found.refresh()
    assert pool.lists == [["x:1"], ["x:2"]]


async def test_following_looks_again_and_again() -> None:
    names, pool = Names(a={"x:1"}), Pool()
    task = asyncio.create_task(discovery(names, pool).follow())
    async with asyncio.timeout(10):
        while len(pool.lists) < 5:
            names.answers["a"] = {f"x:{len(pool.lists)}"}
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("127.0.0.1:8001", {"127.0.0.1:8001"}),
        ("[::1]:8001", {"[::1]:8001"}),
    ],
)
async def test_an_address_is_its_own_replica(target: str, found: set[str]) -> None:
    assert await resolve(target) == found


async def test_a_name_that_dns_can_t_hold_is_no_replica_and_ends_nothing() -> None:
    pool = Pool()
    await Discovery([f"{'a' * 64}:1"], pool.set_addresses, interval_s=1).refresh()
    assert pool.lists == []


async def test_with_dns_the_gateway_has_a_channel_for_each_address_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (f"127.0.0.{n}", 1)) for n in (1, 2, 3)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: addresses)
    settings = GatewaySettings(
        _env_file=None,
        triton_discovery="dns",
        triton_addresses=("replicas:1",),
        calls_per_replica=2,
        discovery_interval_s=0.01,
    )
    async with open_triton(settings, Metrics()) as server:
        await becomes(lambda: server.concurrency, 6)
        del addresses[1:]
        await becomes(lambda: server.concurrency, 2)


async def becomes(value: Callable[[], int], wanted: int) -> None:
    for _ in range(900):
        if value() == wanted:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it is still {value()}")


@pytest.mark.parametrize("error", [socket.EAI_NONAME, socket.EAI_NODATA])
async def test_a_name_without_addresses_has_no_replicas(error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, socket.gaierror(error, "not there"))
    assert await resolve("replicas:8001") == set()


async def test_a_resolver_that_does_not_know_at_the_moment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, socket.gaierror(socket.EAI_AGAIN, "later"))
    with pytest.raises(OSError, match="later"):
        await resolve("replicas:8001")


def _answer(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
