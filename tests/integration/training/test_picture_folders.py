"""Folders as people have them, from the files to a served version."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from contract.picture import to_tensor
from contract.repository import GOLDEN, ModelRepository
from modelserver.temporary import TemporaryServer
from tests.support.cifar10 import sample
from tests.support.trained import quiet_settings
from training.publish import publish
from training.request import TrainingRequest
from training.runs import SKIPPED, RunRecord
from training.saved_model import SavedModel
from training.service import Training

SIZES = [(200, 120), (90, 160), (128, 128), (64, 48)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """18 cats and 36 dogs of mixed sizes, without splits, and a broken file."""
    root = tmp_path_factory.mktemp("photos")
    train = sample().train
    for label, count in (("cat", 18), ("dog", 36)):
        (root / label).mkdir()
        chosen = np.flatnonzero(train.labels == sample().labels.index(label))[:count]
        for number, index in enumerate(chosen.tolist()):
            picture = Image.fromarray(train.images[index]).resize(SIZES[number % len(SIZES)])
            picture.save(root / label / f"{number}.jpg", quality=95)
    (root / "dog" / "broken.jpg").write_bytes((root / "dog" / "0.jpg").read_bytes()[:300])
    return root


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on pictures of 128×128."""
    root = tmp_path_factory.mktemp("large")
    wanted = TrainingRequest("pets", folder=photos, size=128, epochs=1, class_weights="balanced", max_bad=0.05)
    return Training(quiet_settings(root), Console(file=io.StringIO())).start(wanted)


def test_large_pictures_of_mixed_sizes_become_a_version_that_answers_as_it_did_in_training(
    run: Path, tmp_path: Path
) -> None:
    publish(run, tmp_path)
    name = ModelRepository(tmp_path).latest("pets")
    schema = RunRecord.read(run).input
    assert ModelRepository(tmp_path).verify(name).input == schema
    assert schema.shape == (128, 128, 3)
    assert (tmp_path / name.triton_name / GOLDEN).is_file()
    file = io.BytesIO()
    Image.fromarray(sample().test.images[0]).resize((300, 180)).save(file, format="JPEG")
    tensor = to_tensor(file.getvalue(), schema)[None]
    with TemporaryServer(tmp_path, [name]) as server:
        answer = server.infer(name, {"image": tensor}, ["probabilities"])["probabilities"]
    assert answer == pytest.approx(SavedModel(run / "model.savedmodel").probabilities(tensor), abs=1e-4)


def test_a_run_lists_what_it_left_out(run: Path) -> None:
    assert (run / SKIPPED).read_text() == "dog/broken.jpg\tthe picture is truncated or corrupt\n"


def test_weights_are_in_the_lineage_and_the_figures_are_not_weighted(run: Path) -> None:
    record = RunRecord.read(run)
    assert json.dumps(record.lineage.parameters["class_weights"]) == "[1.5, 0.75]"
    assert record.evaluation.examples == 2 + 4
    assert record.evaluation.accuracy in [right / 6 for right in range(7)]
