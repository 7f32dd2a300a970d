"""Mirroring version cards, with obstore's own store in memory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from obstore.store import MemoryStore
from pydantic import ValidationError

from contract.card import FEATURES, FeatureTable
from contract.columns import Column
from contract.inputs import TableInput
from contract.names import ModelVersion
from contract.repository import CARD, GOLDEN, ModelRepository
from gateway.mirror.__main__ import open_store
from gateway.mirror.cards import CardMirror, Watch
from gateway.mirror.settings import MirrorSettings
from tests.support.versions import make_version


@pytest.fixture
def published(tmp_path: Path) -> Path:
    root = tmp_path / "published"
    for version in (1, 2):
        make_version(root, "tiny", version)
    return root


@pytest.fixture
def store(published: Path) -> MemoryStore:
    found = MemoryStore()
    for path in published.rglob("*"):
        if path.is_file():
            found.put(path.relative_to(published).as_posix(), path.read_bytes())
    return found


def mirror(store: MemoryStore, folder: Path, max_card_bytes: int = 1_000_000) -> CardMirror:
    return CardMirror(store, folder, max_card_bytes=max_card_bytes, max_file_bytes=100)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_gateway_s_repository_then_knows_every_version_and_holds_no_weights(
    store: MemoryStore, published: Path, tmp_path: Path
) -> None:
    mirror(store, tmp_path / "cards").refresh()
    there, here = ModelRepository(published), ModelRepository(tmp_path / "cards")
    assert here.all_versions() == there.all_versions()
    assert all(here.card(name) == there.card(name) for name in there.all_versions())
    assert files(tmp_path / "cards") == ["tiny-v1/card.json", "tiny-v2/card.json"]


@pytest.fixture
def with_rows(store: MemoryStore, published: Path) -> MemoryStore:
    """The first version takes rows that it has a table of."""
    card = ModelRepository(published).card(ModelVersion("tiny", 1))
    rows = TableInput(columns=(Column(name="age", type="float"),), id="key")
    files = {**card.files, FEATURES: "0" * 64}
    card = card.model_copy(update={"input": rows, "feature_table": FeatureTable(rows=3), "files": files})
    store.put("tiny-v1/card.json", card.model_dump_json().encode())
    store.put("tiny-v1/features.parquet", b"rows")
    return store


def test_the_rows_that_callers_name_by_id_come_along(with_rows: MemoryStore, tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    mirror(with_rows, cards).refresh()
    assert files(cards)[:2] == ["tiny-v1/card.json", "tiny-v1/features.parquet"]
    assert (cards / "tiny-v1/features.parquet").read_bytes() == b"rows"


def test_the_golden_examples_come_along_where_there_are_some(
    store: MemoryStore, published: Path, tmp_path: Path
) -> None:
    card = ModelRepository(published).card(ModelVersion("tiny", 1))
    with_golden = card.model_copy(update={"files": {**card.files, GOLDEN: "0" * 64}})
    store.put("tiny-v1/card.json", with_golden.model_dump_json().encode())
    store.put(f"tiny-v1/{GOLDEN}", b"examples")
    mirror(store, tmp_path / "cards").refresh()
    assert files(tmp_path / "cards") == ["tiny-v1/card.json", f"tiny-v1/{GOLDEN}", "tiny-v2/card.json"]


def test_a_version_whose_rows_are_too_many_or_missing_is_left_out(with_rows: MemoryStore, tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    with_rows.put("tiny-v1/features.parquet", b"x" * 101)
    mirror(with_rows, cards).refresh()
    assert files(cards) == ["tiny-v2/card.json"]
    with_rows.delete(["tiny-v1/features.parquet"])
    mirror(with_rows, cards).refresh()
    assert not (cards / "tiny-v1/card.json").exists()


def test_what_appears_is_copied_and_what_is_gone_is_removed(store: MemoryStore, tmp_path: Path) -> None:
    cards = mirror(store, tmp_path)
    store.delete([f"tiny-v2/{CARD}"])
    cards.refresh()
    assert (tmp_path / "tiny-v1").exists()
    store.put("tiny-v3/card.json", b"{}")
    store.delete([entry["path"] for batch in store.list("tiny-v1") for entry in batch])
    cards.refresh()
    assert {path.parts[0] for path in map(Path, files(tmp_path))} >= {"tiny-v3"}
    assert not (tmp_path / "tiny-v1").exists()


def test_what_was_begun_of_a_version_that_is_gone_is_removed(with_rows: MemoryStore, tmp_path: Path) -> None:
    begun = tmp_path / "tiny-v7" / FEATURES
    begun.parent.mkdir()
    begun.write_bytes(b"half of the ro")
    notes = tmp_path / "notes"
    notes.mkdir()
    mirror(with_rows, tmp_path).refresh()
    assert not begun.parent.exists()
    assert notes.exists()


def test_a_version_whose_card_is_yet_to_come_does_not_exist(tmp_path: Path) -> None:
    store = MemoryStore()
    store.put("tiny-v1/1/model.onnx", b"weights")
    mirror(store, tmp_path / "cards").refresh()
    assert ModelRepository(tmp_path / "cards").all_versions() == []
    store.put(f"tiny-v1/{CARD}", b"{}")
    mirror(store, tmp_path / "cards").refresh()
    assert files(tmp_path / "cards") == ["tiny-v1/card.json"]


def test_what_is_no_version_is_left_out(tmp_path: Path) -> None:
    store = MemoryStore()
    for name in ("notes", "tiny", "Tiny-v1", "tiny-v0", "tiny-v1.bak"):
        store.put(f"{name}/{CARD}", b"{}")
    store.put(CARD, b"{}")
    mirror(store, tmp_path / "cards").refresh()
    assert files(tmp_path) == []


def test_a_card_of_absurd_size_is_left_out(store: MemoryStore, tmp_path: Path) -> None:
    store.put(f"tiny-v2/{CARD}", b" " * 100_001)
    mirror(store, tmp_path / "cards", max_card_bytes=100_000).refresh()
    assert files(tmp_path / "cards") == ["tiny-v1/card.json"]


def test_while_the_store_is_away_the_cards_of_before_hold_and_the_log_says_so_once(
    published: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cards = tmp_path / "cards"
    make_version(cards, "tiny", 1)
    nobody = open_store(settings(tmp_path, endpoint="http://127.0.0.1:1", timeout_s=1))
    watch = Watch(CardMirror(nobody, cards, max_card_bytes=1000, max_file_bytes=1000))
    assert [watch.refresh(), watch.refresh()] == [False, False]
    assert ModelRepository(cards).versions("tiny") == [1]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_log_says_when_the_store_is_back(
    store: MemoryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (tmp_path / "cards").write_text("in the way")
    watch = Watch(mirror(store, tmp_path / "cards"))
    assert not watch.refresh()
    (tmp_path / "cards").unlink()
    assert watch.refresh()
    assert caplog.records[-1].message == "the store is mirrored again"


@pytest.mark.parametrize("store", ["", "models", "https://models", "s3://", "s3://Models", "s3://a//b"])
def test_only_an_s3_bucket_is_a_store(store: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="store"):
        settings(tmp_path, store=store)


def test_an_endpoint_that_is_set_to_nothing_is_none(tmp_path: Path) -> None:
    assert settings(tmp_path, endpoint="").endpoint is None


def test_a_wrong_setting_is_named_in_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.mirror"],
        env=os.environ | {"MIRROR_STORE": "nowhere", "MIRROR_INTERVAL_S": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip() == "These settings are missing or wrong: MIRROR_STORE, MIRROR_INTERVAL_S."


def test_sigterm_ends_the_mirror_in_good_order(tmp_path: Path) -> None:
    environment = {"MIRROR_STORE": "s3://models", "MIRROR_ENDPOINT": "http://127.0.0.1:1", "MIRROR_TIMEOUT_S": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.mirror"],
        env=os.environ | environment | {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "the store can't be mirrored" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in rest


def settings(folder: Path, **values: object) -> MirrorSettings:
    return MirrorSettings.model_validate({"store": "s3://models", "folder": folder, **values})
