"""Ids, the policy, settings, and files of JSON Lines."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.identifiers import Identifiers
from gateway.prediction_log import rejected
from gateway.prediction_log.errors import HashKeyInvalid
from gateway.prediction_log.ids import is_prediction_id, lowest_id, time_of
from gateway.prediction_log.policy import Policy
from gateway.prediction_log.settings import LogSettings
from gateway.prediction_log.sink import JsonLines

ROW = {"key": "k\0", "age": 31, "purpose": "c\ud800r", "other": "not the model's"}


def test_an_id_tells_its_time_and_sorts_by_it() -> None:
    before = datetime.now(UTC)
    own = Identifiers().prediction_id()
    after = datetime.now(UTC)
    assert before - timedelta(milliseconds=1) <= time_of(own) <= after
    assert lowest_id(time_of(own)) < own < lowest_id(time_of(own) + timedelta(milliseconds=1))
    assert is_prediction_id(own)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "019A5F6E-3C1B-7D2A-9F00-5A1C2B3D4E5F",
        "019a5f6e3c1b7d2a9f005a1c2b3d4e5f",
        "019a5f6e-3c1b-4d2a-9f00-5a1c2b3d4e5f",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
    ],
)
def test_what_is_no_prediction_s_id(text: str) -> None:
    assert not is_prediction_id(text)


def test_without_a_policy_for_values_nothing_of_a_row_is_kept() -> None:
    policy = Policy.of(LogSettings(_env_file=None))
    assert policy.features(ROW, ["age"]) is None
    assert policy.row_id("k1", "key") is None


def test_values_of_the_model_s_columns_are_kept_where_the_policy_says_so_and_in_a_form_that_can_be_stored() -> None:
    policy = Policy.of(LogSettings(_env_file=None, log_values="yes"))
    assert policy.features(ROW, ["age", "purpose", "absent"]) == {"age": 31, "purpose": "c?r"}
    assert policy.row_id("k\0", "key") == "k\N{REPLACEMENT CHARACTER}"
    assert policy.features({"purpose": "x" * 5000}, ["purpose"]) == {"purpose": "x" * 1000}


def test_hashed_columns_are_kept_as_a_keyed_hash(tmp_path: Path) -> None:
    found = []
    for number in range(2):
        key = tmp_path / f"key{number}"
        key.write_text(str(number) * 32)
        settings = LogSettings(
            _env_file=None, log_values="yes", log_hashed_columns=("age", "key"), log_hash_key_file=key
        )
        policy = Policy.of(settings)
        features = policy.features(ROW, ["age"])
        assert features is not None
        found += [features["age"], policy.row_id("31", "key")]
        assert features == policy.features(ROW, ["age"])
    assert found[0] == found[1], "the same value has the same hash"
    assert found[0] != found[2], "another key, another hash"
    assert all(len(one) == 64 for one in found)


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_bad_key_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(HashKeyInvalid):
        Policy.of(LogSettings(_env_file=None, log_hashed_columns=("age",), log_hash_key_file=key))


def test_hashed_columns_need_a_key() -> None:
    with pytest.raises(ValidationError, match="GATEWAY_LOG_HASH_KEY_FILE"):
        LogSettings(_env_file=None, log_hashed_columns=("age",))


def test_json_lines_are_put_aside_by_size_and_only_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "log.jsonl"
    sink = JsonLines(path, max_bytes=25, files=2)
    for number in range(8):
        sink.write([json.dumps({"n": number}).encode()])
    lines = {
        file.name: [json.loads(one)["n"] for one in file.read_text().split("\n")[:-1]] for file in path.parent.iterdir()
    }
    assert lines == {"log.jsonl": [6, 7], "log.jsonl.1": [4, 5][:2], "log.jsonl.2": [2, 3]}


def test_json_lines_that_cannot_be_written_hold_up_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    sink = JsonLines(tmp_path / "file" / "log.jsonl", max_bytes=100, files=1)
    for _ in range(3):
        sink.write([b"{}"])
    assert len(caplog.records) == 1


def test_what_the_database_refuses_is_kept_within_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected, "MAX_BYTES", 10)
    for number in range(5):
        rejected.set_aside(tmp_path / "rejected", b'{"n":%d}' % number)
    assert (tmp_path / "rejected").read_text() == '{"n":4}\n'
    assert (tmp_path / "rejected.1").read_text() == '{"n":3}\n'
