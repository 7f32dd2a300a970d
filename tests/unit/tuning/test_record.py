"""What tuning leaves, and how it is shown."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from contract.target import Target
from training.engines.errors import TuningInvalid
from training.engines.kinds import PLAIN, Settings, kind
from training.engines.record import Candidate, Load, Tuning, TuningStore
from training.publish.serving import choose_engine, plain_engine
from training.tuning.plot import write_plot
from training.tuning.table import markdown, table

HERE = Target(cpu="Fast CPU", flags=("avx2",))
ELSEWHERE = Target(cpu="Slow CPU", flags=("avx2",))


def candidate(kind_name: str, throughput: float, accuracy: float, reason: str | None = None) -> Candidate:
    def load(clients: int, speed: float) -> Load:
        figures = {"p50_ms": 1.0, "p95_ms": 2e3 / speed, "p99_ms": None, "errors": 0}
        return Load(clients=clients, throughput=speed, rounds=(speed - 5, speed + 5), **figures)

    return Candidate(
        name=kind_name,
        kind=kind_name,
        settings=str(Settings()),
        engine=kind(kind_name).engine(Settings(), HERE),
        accuracy=accuracy,
        loads=(load(1, throughput / 2), load(64, throughput)),
        reason=reason,
    )


@pytest.fixture
def tuning() -> Tuning:
    return Tuning(
        model="tiny",
        version=3,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        target=HERE,
        cores=2,
        server="Triton 2.51.0",
        libraries={},
        examples=10_000,
        max_loss=0.002,
        seconds=2,
        candidates=(
            candidate("onnxruntime", 1000, 0.9),
            candidate("openvino", 900, 0.9),
            candidate("onnxruntime-int8", 2000, 0.899),
            candidate("openvino-int8", 3000, 0.85, "loses 5.00 points of accuracy; allowed are 0.2"),
        ),
        chosen="onnxruntime-int8",
    )


def test_a_tuning_is_read_as_it_was_written(tuning: Tuning, tmp_path: Path) -> None:
    store = TuningStore(tmp_path / "tuning")
    assert store.read("tiny") is None
    store.write(tuning)
    assert store.read("tiny") == tuning
    assert tuning.engine.precision == "int8"


@pytest.mark.parametrize("content", ["", "{}", "[1]"])
def test_a_damaged_tuning_is_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.json").write_text(content)
    with pytest.raises(TuningInvalid, match=r"tiny\.json"):
        TuningStore(tmp_path).read("tiny")


def test_the_next_publish_takes_the_best_on_the_machine_that_it_was_tuned_for(tuning: Tuning, tmp_path: Path) -> None:
    store = TuningStore(tmp_path)
    store.write(tuning)
    told: list[str] = []
    assert choose_engine("tiny", store, HERE, told.append) == tuning.engine
    assert choose_engine("other", store, HERE, told.append) == plain_engine()
    assert told == []
    assert choose_engine("tiny", store, ELSEWHERE, told.append) == plain_engine()
    assert "tuned for another machine (Fast CPU, avx2)" in told[0]


def test_plain_settings_that_were_tuned_are_taken_anywhere(tuning: Tuning, tmp_path: Path) -> None:
    engine = PLAIN.engine(Settings(instances=2, threads=1), HERE)
    plain = tuning.candidates[0].model_copy(update={"engine": engine})
    TuningStore(tmp_path).write(tuning.model_copy(update={"candidates": (plain,), "chosen": plain.name}))
    assert choose_engine("tiny", TuningStore(tmp_path), ELSEWHERE, print) == engine


def test_the_table_shows_every_candidate_with_its_figures_or_its_reason(tuning: Tuning) -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table(tuning))
    text = console.export_text()
    assert "2,000 (1,995–2,005)" in text
    assert "out: loses 5.00 points" in text
    assert "The best: onnxruntime-int8, 1 × all cores, batch 32." in text


def test_the_markdown_has_the_machine_and_one_cell_a_column(tuning: Tuning) -> None:
    lines = list(markdown(tuning))
    assert lines[0].strip().startswith("Fast CPU, avx2, 2 cores")
    rows = [line for line in lines if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert len(rows) == 2 + 2 * 3 + 1


def test_the_plot_is_a_picture(tuning: Tuning, tmp_path: Path) -> None:
    write_plot(tuning, tmp_path / "tiny.png")
    with Image.open(tmp_path / "tiny.png") as picture:
        assert picture.format == "PNG"
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 50
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.png"]
