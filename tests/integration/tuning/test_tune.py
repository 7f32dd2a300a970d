"""`trireme tune` on a small version, with a real server under real load."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np
import psutil
import pytest
from rich.console import Console

from contract.card import VersionCard
from contract.digests import folder_digests
from contract.repository import CARD, ONNX_MODEL, ModelRepository
from contract.target import read_target
from tests.integration.modelserver.rig import eventually
from tests.support.cifar10 import sample
from tests.support.versions import make_version
from training.data.catalog import Catalog
from training.data.dataset import DataSet
from training.data.export import export_folders
from training.engines.kinds import kinds_for
from training.engines.record import Tuning, TuningStore
from training.errors import DataInvalid, RequestInvalid
from training.tuning.cli import _tune
from training.tuning.grid import Effort
from training.tuning.subject import Subject, load_subject

BRIEF = Effort(clients=(1, 4), seconds=0.2, rounds=2, finalists=1, batching=((32, 0),))


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    root = tmp_path_factory.mktemp("repository")
    name = make_version(root)
    card = ModelRepository(root).card(name)
    schema = sample().input
    return Subject(card, schema, root / str(name) / ONNX_MODEL, sample())


def tune(root: Path, subject: Subject, *engines: str, effort: Effort = BRIEF) -> Tuning:
    console = Console(file=io.StringIO())
    return _tune(root, subject, kinds_for(read_target(), engines), effort, console)


@pytest.fixture(scope="module")
def tuning(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> Tuning:
    root = tmp_path_factory.mktemp("tuning")
    found = tune(root, subject)
    assert [path.name for path in root.iterdir()] == [".lock"]
    return found


def test_every_engine_of_this_machine_is_measured(tuning: Tuning) -> None:
    measured = {one.kind for one in tuning.candidates if one.loads}
    assert {"onnxruntime", "openvino", "onnxruntime-int8", "openvino-int8"} <= measured
    for one in tuning.candidates:
        assert [load.clients for load in one.loads] == [1, 4]
        assert all(load.throughput > 0 and load.errors == 0 and len(load.rounds) == 2 for load in one.loads)


def test_the_accuracy_is_that_of_the_served_answers(tuning: Tuning, subject: Subject) -> None:
    import onnxruntime

    test = subject.data.test
    (answers,) = onnxruntime.InferenceSession(subject.graph).run(None, {"image": test.images})
    expected = float(np.mean(answers.argmax(axis=1) == test.labels))
    found = [one.accuracy for one in tuning.candidates if one.engine.precision == "float32"]
    assert found == pytest.approx([expected] * len(found))


def test_the_best_is_one_of_the_candidates_that_keep_the_accuracy(tuning: Tuning) -> None:
    (best,) = (one for one in tuning.candidates if one.name == tuning.chosen)
    assert best.reason is None
    assert best.engine == tuning.engine


def test_an_engine_that_can_not_be_made_is_out_with_its_reason(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.engines.quantisation._METHODS", {"1/model.int8.onnx": "alchemy"})
    found = tune(tmp_path, subject, "onnxruntime-int8", effort=replace(BRIEF, clients=(1,), rounds=1))
    (out,) = (one for one in found.candidates if one.kind == "onnxruntime-int8")
    assert str(out.reason).startswith("alchemy can't quantise the network")
    assert found.engine.precision == "float32"


COMMAND = [sys.executable, "-m", "trireme", "tune", "tiny", "--seconds", "0.1", "--rounds", "1", "--clients", "2"]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A version that was trained on a picture folder, and that folder, in a user's working folder."""
    export_folders(sample(), tmp_path / "pictures", ["cat", "dog"], 10)
    make_version(tmp_path / "model_repository", labels=("cat", "dog"))
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    """A user's, who set nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRAINING_")}
    return kept | {"COLUMNS": "200", "HOME": str(folder / "home"), "MODELSERVER_CACHE_DIR": str(folder / "cache")}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)


def test_the_command_tunes_a_version_of_a_picture_folder_and_nothing_reports_it(pets: Path) -> None:
    done = run(pets, "--data", "pictures", "--engines", "openvino,openvino-int8", "--quick")
    assert done.returncode == 0, done.stderr
    assert "The best: " in done.stdout
    state = pets / ".trireme" / "tuning"
    assert {path.name for path in state.iterdir()} == {".lock", "tiny.json", "tiny.png"}
    tuning = TuningStore(state).read("tiny")
    assert tuning is not None
    assert (tuning.target, tuning.examples) == (read_target(), 20)
    # OpenVINO counts its uses below the home folder before it reports them.
    assert not (pets / "home" / "intel").exists()


def test_a_dry_run_prints_json_and_writes_nothing(pets: Path) -> None:
    done = run(pets, "--data", "pictures", "--engines", "onnxruntime", "--quick", "--dry-run", "--json")
    assert json.loads(done.stdout)["chosen"].startswith("onnxruntime-i")
    assert [path.name for path in (pets / ".trireme" / "tuning").iterdir()] == [".lock"]


def is_measuring(pid: int) -> bool:
    """Whether the process' load generator, a child that Python spawned, is connected to the server."""
    children = psutil.Process(pid).children()
    generators = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    links = [link for child in generators for link in child.net_connections()]
    return any(link.status == psutil.CONN_ESTABLISHED for link in links)


@contextmanager
def tuning_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, with a first measurement that takes a minute."""
    command = [*COMMAND, "--data", "pictures", "--engines", "onnxruntime", "--seconds", "60"]
    # As in a terminal: the signal goes to the whole group.
    with subprocess.Popen(
        command, cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_ctrl_c_leaves_nothing(pets: Path) -> None:
    with tuning_process(pets) as process:
        assert process.stderr is not None
        lines = list(takewhile(lambda line: not line.startswith("Measuring"), process.stderr))
        eventually(lambda: is_measuring(process.pid), what=f"a measurement, after {lines},")
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(120) == 130, (lines, rest)
    assert rest == "Interrupted; nothing was written.\n"
    assert [path.name for path in (pets / ".trireme" / "tuning").iterdir()] == [".lock"]


def digested(root: Path, data: DataSet) -> ModelRepository:
    """A repository with a version whose card says that it was trained on these data."""
    name = make_version(root)
    path = root / str(name) / CARD
    card = VersionCard.parse(path.read_bytes())
    lineage = card.lineage.model_copy(update={"data": data.digests(), "source": "cifar10"})
    files = folder_digests(root / str(name), leave_out=frozenset({CARD}))
    path.write_text(card.model_copy(update={"lineage": lineage, "files": files}).model_dump_json())
    return ModelRepository(root)


class Shelf(Catalog):
    """A catalog with one data set."""

    def __init__(self, data: DataSet) -> None:
        self.data = data

    def load(self, *_: object, **__: object) -> DataSet:
        return self.data


def test_other_pictures_than_the_version_s_own_are_refused(tmp_path: Path) -> None:
    data = sample()
    store = digested(tmp_path, data)
    name = store.named("tiny:1")
    assert load_subject(store, name, Shelf(data)).data is data
    fewer = DataSet(data.name, data.labels, data.input, data.train, data.validation, data.test.take(np.arange(50)))
    with pytest.raises(DataInvalid, match="not the pictures that tiny-v1"):
        load_subject(store, name, Shelf(fewer))


def test_a_version_of_pictures_of_one_s_own_needs_their_folder(tmp_path: Path) -> None:
    make_version(tmp_path)
    store = ModelRepository(tmp_path)
    with pytest.raises(RequestInvalid, match="--data"):
        load_subject(store, store.named("tiny"), Shelf(sample()))
