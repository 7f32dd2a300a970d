"""The Python client and `trireme predict` against a running gateway."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.laptop import running
from tests.support.ports import free_ports
from tests.support.table_versions import ROW, make_table_version
from tests.support.versions import CIFAR10, make_version
from trireme.client import Client
from trireme.errors import FileUnreadable, GatewayAway, Refused
from trireme.predict import predict
from trireme.predict_table import predict_table

EXAMPLE = Path(__file__).parents[3] / "examples" / "ship.png"

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("laptop")
    for version in (1, 2):
        make_version(folder / "model_repository", "tiny", version)
    make_table_version(folder / "model_repository", "credit")
    with running(folder) as laptop:
        yield laptop.url


@pytest.fixture
def ask(url: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("COLUMNS", "160")

    def invoke(*arguments: str) -> str:
        return CliRunner().invoke(predict, [*arguments, "--url", url], catch_exceptions=False).output

    return invoke


def test_models_and_their_cards_are_listed(url: str) -> None:
    with Client(url) as client:
        assert [model["name"] for model in client.models()["models"]] == ["credit", "tiny"]
        assert client.model("tiny")["labels"] == list(CIFAR10)


def test_a_batch_answers_in_order_and_a_bad_picture_fails_alone(url: str) -> None:
    with Client(url) as client:
        pictures = {"a.png": EXAMPLE.read_bytes(), "b.txt": b"hello", "c.png": EXAMPLE.read_bytes()}
        first, second, third = (json.loads(line) for line in client.predict_batch("tiny", pictures))
    assert first["label"] == third["label"]
    assert second["code"] == "picture-unsupported"


def test_a_table_s_file_is_scored_into_another(ask: Ask, tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "scored.jsonl"
    rows.write_text("key,age,income,employed,purpose\na,31,1,true,car\nb,7,1,true,car\n")
    assert ask("credit", str(rows), "--out", str(out)).strip() == ""
    first, second, summary = map(json.loads, out.read_text().splitlines())
    assert (first["id"], first["error"], second["error"]) == ("a", None, "age:range")
    assert summary["summary"]["predicted"] == 1


def test_an_answer_that_fails_leaves_what_was_there(url: str, tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "scored.csv"
    rows.write_text("age\n31\n")
    out.write_text("before")
    with Client(url) as client:
        with pytest.raises(Refused) as refused:
            predict_table(client, "credit", rows, out, version=None)
        assert refused.value.problem_code == "columns-missing"
        with pytest.raises(FileUnreadable):
            predict_table(client, "credit", rows, tmp_path / "scored.txt", version=None)
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "scored.csv"]


def test_rows_are_predicted_by_value(url: str) -> None:
    with Client(url) as client:
        assert client.predict_rows("credit", {"row": ROW})["row_id"] == "k1"


def test_a_problem_becomes_an_error_with_the_gateway_s_code(url: str) -> None:
    with Client(url) as client:
        with pytest.raises(Refused) as refused:
            client.predict("nothing", EXAMPLE.read_bytes())
        assert (refused.value.problem_status, refused.value.problem_code) == (404, "model-unknown")
        with pytest.raises(Refused, match="version"):
            list(client.predict_batch("tiny", {"a.png": EXAMPLE.read_bytes()}, version=9))


def test_no_gateway_is_one_sentence() -> None:
    address = f"http://127.0.0.1:{free_ports(1)[0]}"
    with Client(address) as client, pytest.raises(GatewayAway, match="start one with: trireme serve"):
        client.models()


def test_predict_shows_the_label_and_the_best(ask: Ask) -> None:
    shown = ask("tiny", str(EXAMPLE), "--top-k", "2", "--version", "1")
    row = next(line for line in shown.splitlines() if "ship.png" in line)
    assert "tiny 1" in row
    assert row.count("%") == 2


def test_several_files_are_one_batch_with_errors_in_their_rows(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"bad")
    shown = ask("tiny", str(EXAMPLE), str(tmp_path / "bad.png"))
    assert "tiny 2" in shown
    assert "picture-unsupported" in shown


def test_json_is_a_line_a_picture(ask: Ask) -> None:
    lines = ask("tiny", str(EXAMPLE), str(EXAMPLE.parent / "ship.png"), "--json").splitlines()
    assert json.loads(lines[0])["model"] == "tiny"


def test_a_file_that_is_not_there_is_one_sentence(ask: Ask) -> None:
    with pytest.raises(FileUnreadable, match=r"none\.png can't be read"):
        ask("tiny", "none.png")
