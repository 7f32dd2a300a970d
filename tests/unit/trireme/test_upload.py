"""`trireme upload` against a real gateway."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.app import create_app
from tests.support.table_versions import make_table_version
from tests.support.versions import make_version
from tests.unit.examples.rig import BLUE, GREEN, RED
from tests.unit.gateway.rig import RedServer, listening, opened, settings
from trireme import labelled_files
from trireme.client import Client
from trireme.errors import FileUnreadable, GatewayAway, Refused
from trireme.upload import upload


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    make_version(tmp_path / "models", "tiny", 1)
    make_table_version(tmp_path / "models", "credit", 1, target="outcome")
    given = settings(tmp_path / "models")
    with listening(create_app(given, open_model_server=opened(RedServer())), given) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    files = {"cat/a.png": RED, "cat/b.PNG": GREEN, "cat/notes.txt": b"x", "dog/a.png": BLUE, "dog/broken.jpg": b"x"}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def run(url: str, *arguments: str) -> str:
    return CliRunner().invoke(upload, [*arguments, "--url", url], catch_exceptions=False).stdout


def test_a_folder_with_one_folder_a_label_is_sent_and_what_is_bad_is_told(url: str, pictures: Path) -> None:
    found = json.loads(run(url, "tiny", str(pictures), "--json", "--note", "first"))
    assert (found["accepted"], found["labels"]) == (3, {"cat": 2, "dog": 1})
    assert found["refused"] == {"picture-unsupported": 1}
    assert found["problems"][0]["name"].endswith("dog/broken.jpg")
    with Client(url) as client:
        assert client.data("tiny")["batches"][0]["note"] == "first"
    text = run(url, "tiny", str(pictures))
    assert "0 example(s) added, 3 there already, 1 refused (1 picture-unsupported)" in text


def test_many_pictures_go_in_several_batches(url: str, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled_files, "PORTION", 2)
    found = json.loads(run(url, "tiny", str(pictures), "--json"))
    assert (len(found["batches"]), found["accepted"]) == (2, 3)
    monkeypatch.setattr(labelled_files, "PORTION_BYTES", 1)
    files = labelled_files.find([pictures], None)
    assert [len(portion) for portion in labelled_files.portions(files)] == [1] * 4


def test_files_with_a_label_and_a_table_are_sent(url: str, pictures: Path, tmp_path: Path) -> None:
    found = json.loads(
        run(url, "tiny", str(pictures / "cat/a.png"), "--label", "frog", "--use", "evaluation", "--json")
    )
    assert found["labels"] == {"frog": 1}
    table = tmp_path / "rows.csv"
    table.write_text("key,age,income,employed,purpose,truth\na,31,1,1,car,good\nb,7,1,1,car,good\n")
    assert "1 example(s) added" in run(url, "credit", str(table), "--target", "truth")


def test_a_batch_can_be_withdrawn_and_erased_by_the_client(url: str, pictures: Path) -> None:
    with Client(url) as client:
        batch = client.upload_pictures("tiny", {"a": RED}, {"a": "cat"})["batch"]
        assert client.withdraw("tiny", batch)["erased"] is False
        assert client.withdraw("tiny", batch, erase=True)["objects_deleted"] == 1
        assert client.data("tiny", limit=1)["examples"] == 0


def test_a_dry_run_says_what_it_would_send_and_sends_nothing(pictures: Path, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:1"
    plan = "4 picture(s) would be sent in 1 batch(es): 2 cat, 2 dog"
    assert plan in run(nowhere, "tiny", str(pictures), "--dry-run")
    assert "as a table" in run(nowhere, "credit", str(tmp_path / "rows.csv"), "--dry-run")


def test_what_can_not_be_sent_is_one_sentence(url: str, pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="say its label with --label"):
        run(url, "tiny", str(pictures / "cat/a.png"))
    with pytest.raises(FileUnreadable, match="There is no picture"):
        run(url, "tiny", str(pictures / "cat"))
    with pytest.raises(FileUnreadable, match="No such file"):
        run(url, "tiny", str(tmp_path / "none"), "--label", "cat")
    with pytest.raises(Refused, match="Not a JPEG"):
        run(url, "tiny", str(pictures / "dog/broken.jpg"), "--label", "cat")
    with pytest.raises(Refused, match="no model"):
        run(url, "none", str(pictures))
    with pytest.raises(GatewayAway):
        run("http://127.0.0.1:1", "tiny", str(pictures))
