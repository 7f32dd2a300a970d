"""Evaluate jobs as a gateway starts them: any version, over a real server, on uploaded examples."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from contract.errors import VersionUnknown
from contract.examples.batch import Use, withdrawal_path
from contract.jobs.documents import EvaluateParameters, EvaluationResult
from contract.names import ModelVersion
from tests.support.loop import Loop, open_loop
from tests.support.table_versions import DECISION, make_table_version, risk
from tests.support.uploads import batch_id, pictures_batch, rows_batch
from tests.support.versions import make_version
from training.evaluating.errors import NothingToEvaluate, UploadUnfit
from training.retrain.errors import ExamplesMissing
from training.retrain.evaluation import chosen, evaluate
from training.retrain.work import Assignment
from training.tables.errors import RecipeUnknown

AGES, INCOMES = [25, 70, 40, 33], [100.0, 4000.0, 2000.0, None]
ROWS = pa.table({"age": AGES, "income": INCOMES, "employed": [True, False, None, True], "purpose": ["car"] * 4})


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """A version that takes rows and one that takes pictures, with uploaded batches for both."""
    with open_loop(tmp_path_factory.mktemp("loop")) as loop:
        make_table_version(loop.repository.root)
        make_version(loop.repository.root, "pets", labels=("cat", "dog"))
        yield loop


def picture(colour: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (colour, 255 - colour, 128)).save(file, "PNG")
    return file.getvalue()


def test_rows_are_evaluated_over_the_served_path(loop: Loop) -> None:
    labels = ["bad", "good", "good", "bad"]
    batch = loop.upload(rows_batch(ROWS, labels, model="credit", number=1, use=Use.EVALUATION))
    done = loop.do("credit", EvaluateParameters(version=1, batches=(batch,)))
    found = done.evaluation
    features = np.array([[25, 100, 1, 0], [70, 4000, 0, 0], [40, 2000, 1, 0], [33, np.nan, 1, 0]], np.float32)
    decided = risk(features) >= DECISION.threshold
    assert found.evaluation.accuracy == np.mean(decided == [True, False, False, True])
    assert (found.data, found.batches, found.evaluation.examples) == ("batches", (batch,), 4)
    assert found.evaluation.binary is not None
    assert found.server.startswith("Triton")
    assert done.progress[-1] == {"stage": "evaluating", "step": 4, "steps": 4}


def evaluated(loop: Loop, folder: Path, model: str, version: int, *batches: str) -> EvaluationResult:
    """What an evaluation within this process comes to."""
    parameters = EvaluateParameters(version=version, batches=batches or None)
    outcome = evaluate(Assignment(batch_id(1), 1, model, parameters, None), loop.office(model, folder))
    assert isinstance(outcome.result, EvaluationResult)
    return outcome.result


def test_pictures_are_evaluated_and_what_was_withdrawn_is_not(loop: Loop, tmp_path: Path) -> None:
    kept = loop.upload(pictures_batch([(picture(c), "cat") for c in (0, 10)], model="pets", number=2))
    gone = loop.upload(pictures_batch([(picture(c), "dog") for c in (200, 210)], model="pets", number=3))
    assert evaluated(loop, tmp_path, "pets", 1, kept, gone).evaluation.examples == 4
    loop.store.put(withdrawal_path("pets", gone), b"{}")
    found = evaluated(loop, tmp_path, "pets", 1, kept, gone)
    assert (found.batches, found.evaluation.examples, found.curves) == ((kept,), 2, ())
    assert found.evaluation.binary is None
    with pytest.raises(NothingToEvaluate, match="withdrawn"):
        evaluated(loop, tmp_path, "pets", 1, gone)


def test_what_can_t_be_evaluated_is_one_sentence(loop: Loop, tmp_path: Path) -> None:
    pictures = loop.upload(pictures_batch([(picture(5), "good")], model="credit", number=4))
    rows = loop.upload(rows_batch(ROWS, ["good"] * 4, model="pets", number=5))
    broken = loop.upload(pictures_batch([(b"no picture", "cat")], model="pets", number=6))
    birds = loop.upload(pictures_batch([(picture(5), "bird")], model="pets", number=7))
    for model, batch, sentence in (
        ("credit", pictures, "holds pictures"),
        ("pets", rows, "holds rows"),
        ("pets", broken, "can't be read"),
        ("pets", birds, "label 'bird'"),
    ):
        with pytest.raises(UploadUnfit, match=sentence):
            list(
                chosen(
                    loop.repository.card(ModelVersion(model, 1)), (batch,), None, loop.office(model, tmp_path)
                ).blocks
            )
    with pytest.raises(ExamplesMissing):
        evaluated(loop, tmp_path, "credit", 1, batch_id(99))
    with pytest.raises(VersionUnknown):
        evaluated(loop, tmp_path, "credit", 7, rows)
    with pytest.raises(RecipeUnknown, match="retrain policies"):
        evaluated(loop, tmp_path, "credit", 1)
