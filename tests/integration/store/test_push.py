"""Versions pushed into a real S3 server: by a person, by several at once, by a process that is killed."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from contract.digests import folder_digests
from contract.names import ModelVersion
from contract.repository import CARD, ONNX_MODEL, ModelRepository
from tests.support.s3 import BUCKET, S3Server
from tests.support.versions import make_version
from training.store.errors import StoreRefused, StoreUnreachable, VersionTaken
from training.store.objects import PIECE, Objects
from training.store.versions import VersionStore

NAME = ModelVersion("tiny", 3)
LARGE = 1 << 30
PUSHERS = 6
KILLED = """
import os, signal, sys
from pathlib import Path
from contract.names import ModelVersion
from training.store.objects import Objects
from training.store.versions import VersionStore
class Killed(Objects):
    def upload(self, path, source):
        super().upload(path, source)
        os.kill(os.getpid(), signal.SIGKILL)
VersionStore(Killed.at(sys.argv[1], endpoint=sys.argv[2])).push(ModelVersion("tiny", 3), Path(sys.argv[3]))
"""
_numbers = count()


@pytest.fixture
def place() -> str:
    """A prefix of its own for each test."""
    return f"s3://{BUCKET}/versions/{next(_numbers)}"


def store(s3: S3Server, place: str, who: str = "writer") -> VersionStore:
    keys = s3.environment(who)
    access = {
        "access_key_id": keys["AWS_ACCESS_KEY_ID"],
        "secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
        "region": keys["AWS_DEFAULT_REGION"],
    }
    return VersionStore(Objects.at(place, endpoint=s3.endpoint, access=access))


def fetched(versions: VersionStore, folder: Path) -> ModelRepository:
    """What a job gets of version 3, checked against its card."""
    versions.copy_cards("tiny", folder)
    versions.fetch(NAME, folder, LARGE)
    return ModelRepository(folder)


def push(s3: S3Server, root: Path, place: str, *options: str, who: str = "writer") -> subprocess.CompletedProcess[str]:
    """`trireme push`, as a person calls it."""
    command = [sys.executable, "-m", "trireme", "push", "tiny:3", place, "--repository", str(root), *options]
    environment = {**os.environ, **s3.environment(who), "AWS_ENDPOINT_URL": s3.endpoint}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=120)


def test_a_person_pushes_a_version_once(s3: S3Server, root: Path, place: str, tmp_path: Path) -> None:
    tried = json.loads(push(s3, root, place, "--dry-run", "--json").stdout)
    assert (tried["dry_run"], tried["was_there"], tried["version"]) == (True, False, 3)
    assert store(s3, place).taken("tiny") == []
    said = push(s3, root, place)
    assert said.returncode == 0, said.stderr
    assert said.stdout == f"Pushed: tiny-v3 to {place}, {tried['files']} files with {tried['bytes']:,} bytes.\n"
    assert fetched(store(s3, place, "reader"), tmp_path / "copy").card(NAME) == ModelRepository(root).card(NAME)
    assert json.loads(push(s3, root, place, "--json").stdout)["was_there"]


@pytest.mark.parametrize("who", ["reader", "stranger"])
def test_who_may_not_write_is_told_so_in_one_sentence(s3: S3Server, root: Path, place: str, who: str) -> None:
    said = push(s3, root, place, who=who)
    assert said.returncode == 1
    assert "refuses: the credentials are wrong, or lack a right." in said.stderr
    assert "Traceback" not in said.stderr
    assert store(s3, place).taken("tiny") == []


def test_a_stranger_reads_nothing(s3: S3Server, place: str, tmp_path: Path) -> None:
    with pytest.raises(StoreRefused):
        store(s3, place, "stranger").copy_cards("tiny", tmp_path)


def test_a_store_that_is_away_is_one_sentence(root: Path) -> None:
    access = {"access_key_id": "a", "secret_access_key": "b", "region": "us-east-1"}
    with pytest.raises(StoreUnreachable):
        VersionStore(Objects.at("s3://models", endpoint="http://127.0.0.1:9", access=access)).push(NAME, root)


def test_of_several_who_push_one_number_one_wins_and_its_version_is_whole(
    s3: S3Server, place: str, tmp_path: Path
) -> None:
    roots = [tmp_path / f"root-{number}" for number in range(PUSHERS)]
    for number, root in enumerate(roots):
        make_version(root, "tiny", 3, labels=("cat", "dog", f"label-{number}"))

    def pushed(root: Path) -> bool:
        try:
            return store(s3, place).push(NAME, root).is_new
        except VersionTaken:
            return False

    with ThreadPoolExecutor(PUSHERS) as pool:
        won = [root for root, is_won in zip(roots, pool.map(pushed, roots), strict=True) if is_won]
    (winner,) = won
    assert fetched(store(s3, place), tmp_path / "copy").card(NAME) == ModelRepository(winner).card(NAME)


def test_several_may_push_the_same_version(s3: S3Server, place: str, root: Path, tmp_path: Path) -> None:
    def pushed(_: int) -> bool:
        return store(s3, place).push(NAME, root).card is not None

    with ThreadPoolExecutor(PUSHERS) as pool:
        assert all(pool.map(pushed, range(PUSHERS)))
    assert fetched(store(s3, place), tmp_path / "copy").card(NAME) == ModelRepository(root).card(NAME)


def test_a_killed_push_leaves_no_version_and_is_taken_up(s3: S3Server, place: str, root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, place, s3.endpoint, str(root)]
    done = subprocess.run(command, check=False, env={**os.environ, **s3.environment()}, timeout=120)
    assert done.returncode == -signal.SIGKILL
    versions = store(s3, place)
    assert versions.taken("tiny") == [3]
    assert fetched(versions, tmp_path / "half").all_versions() == []
    assert versions.push(NAME, root).is_new
    assert fetched(versions, tmp_path / "copy").all_versions() == [NAME]


def test_a_file_of_many_pieces_comes_back_as_it_was(s3: S3Server, place: str, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    make_version(root, "tiny", 3)
    card = ModelRepository(root).card(NAME)
    content = os.urandom(2 * PIECE + 12_345)
    (root / str(NAME) / ONNX_MODEL).write_bytes(content)
    rewrite_card(root)
    assert ModelRepository(root).verify(NAME) != card
    store(s3, place).push(NAME, root)
    found = fetched(store(s3, place), tmp_path / "copy")
    assert (found.folder(NAME) / ONNX_MODEL).read_bytes() == content


def rewrite_card(root: Path) -> None:
    """Have the card say what lies there now."""
    folder = root / str(NAME)
    card = ModelRepository(root).card(NAME)
    files = folder_digests(folder, leave_out=frozenset({CARD}))
    (folder / CARD).write_text(card.model_copy(update={"files": files}).model_dump_json())
