"""Gateways that start at once on one database: one of them makes the first user, and one the keys that sign."""

import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.database.engine import open_database
from gateway.database.settings import DatabaseSettings
from gateway.identity.passwords import Passwords
from gateway.identity.users import Users
from tests.integration.identity import starting

NOTICE = "The first user is 'admin', with the password "
PROCESSES = 3


def race(folder: Path, database: str) -> list[tuple[str, str]]:
    """Start several processes at once."""
    # A server that has imported everything forks them: they begin together, and importing costs once.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([starting.__name__])
    with context.Manager() as manager, ProcessPoolExecutor(PROCESSES, context) as pool:
        barrier = manager.Barrier(PROCESSES)
        started = [pool.submit(starting.start, folder, database, barrier) for _ in range(PROCESSES)]
        return [one.result(120) for one in started]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_of_several_one_makes_the_first_user_and_one_the_keys(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = f"sqlite:///{tmp_path}/trireme.db" if kind == "sqlite" else request.getfixturevalue("postgres")
    found = race(tmp_path, database)
    assert len({signer for signer, _ in found}) == 1
    errors = "".join(error for _, error in found)
    assert errors.count(NOTICE) == 1, errors
    password = errors.split(NOTICE)[1].split()[0]
    passwords = Passwords(threads=1, queue=0)
    async with open_database(DatabaseSettings(database=SecretStr(database))) as opened:
        _, hashed = await Users(opened).with_hash("admin")
        assert await passwords.is_right(hashed, password)
    passwords.close()
    # The keys that sign are for their owner only.
    path = tmp_path / ".trireme" / "signing-keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
