"""Cats and dogs from start to end: a folder, a version, uploaded pictures, the next version, its binary figures."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contract.examples.batch import Use
from contract.jobs.documents import EvaluateParameters, EvaluationResult, RetrainParameters
from tests.support.cifar10 import sample
from tests.support.loop import Done, Loop, open_loop
from tests.support.uploads import batch_id, pictures_batch
from tests.support.versions import make_version
from training.data.dataset import Split
from training.data.export import export_folders
from training.evaluating.errors import NoTestSet
from training.retrain.evaluation import evaluate
from training.retrain.work import Assignment

PETS = ("cat", "dog")
IN_BASE, UPLOADED = 20, 8
"""Pictures of each label."""


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """A folder of pictures, a small version 1, pictures uploaded for training and others for evaluation."""
    with open_loop(tmp_path_factory.mktemp("loop")) as loop:
        export_folders(sample(), loop.root / "pets", PETS, IN_BASE)
        make_version(loop.repository.root, "cats-dogs", labels=PETS)
        known = pictures(sample().test, slice(0, 1))
        fresh = pictures(sample().train, slice(IN_BASE, IN_BASE + UPLOADED))
        loop.upload(pictures_batch(known + fresh, model="cats-dogs", number=1))
        other = pictures(sample().train, slice(IN_BASE + UPLOADED, None))
        loop.upload(pictures_batch(other, model="cats-dogs", number=2, use=Use.EVALUATION))
        yield loop


def pictures(split: Split, some: slice) -> list[tuple[bytes, str]]:
    """Some cats and as many dogs, encoded."""
    places = {label: np.flatnonzero(split.labels == sample().labels.index(label))[some].tolist() for label in PETS}
    return [(split.body(place), label) for label in PETS for place in places[label]]


@pytest.fixture(scope="module")
def done(loop: Loop) -> Done:
    """A retrain with the uploaded pictures, a few steps long."""
    base = str(loop.root / "pets")
    parameters = RetrainParameters(base=base, batches=(batch_id(1),), max_loss_points=100)
    return loop.do("cats-dogs", parameters, champion=1, command="tests.support.retrain_command")


def test_uploaded_pictures_make_the_next_version(loop: Loop, done: Done) -> None:
    found = done.retrain
    assert (done.row["state"], found.champion, found.published) == ("succeeded", 1, 2)
    assert (found.examples_added, found.examples_left_out) == (2 * UPLOADED, {"near-duplicate-of-test": 2})
    assert [comparison.data for comparison in found.comparisons] == ["test", f"batch:{batch_id(2)}"]
    card = loop.card("cats-dogs", 2)
    assert (card.lineage.job, card.lineage.batches) == (done.row["id"], (batch_id(1),))
    assert found.comparisons[0].challenger_accuracy == pytest.approx(card.metrics.accuracy)
    assert card.metrics.binary is not None
    assert card.metrics.binary.positive == "dog"


def test_the_new_version_is_evaluated_over_the_served_path(loop: Loop, done: Done) -> None:
    assert done.retrain.published == 2
    found, card = loop.do("cats-dogs", EvaluateParameters(version=2)).evaluation, loop.card("cats-dogs", 2)
    assert (found.data, found.evaluation.examples, found.evaluation.split) == ("test", 20, "test")
    assert found.evaluation.accuracy == pytest.approx(card.metrics.accuracy)
    assert found.evaluation.binary is not None
    assert card.metrics.binary is not None
    assert found.evaluation.binary.ks == pytest.approx(card.metrics.binary.ks)
    assert [curve.label for curve in found.curves] == list(PETS)


def evaluated(loop: Loop, folder: Path, version: int, *batches: str) -> EvaluationResult:
    parameters = EvaluateParameters(version=version, batches=batches or None)
    outcome = evaluate(Assignment(batch_id(9), 1, "cats-dogs", parameters, None), loop.office("cats-dogs", folder))
    assert isinstance(outcome.result, EvaluationResult)
    return outcome.result


def test_a_version_that_no_longer_serves_is_evaluated_on_uploaded_pictures(
    loop: Loop, done: Done, tmp_path: Path
) -> None:
    found = evaluated(loop, tmp_path, 1, batch_id(2))
    (uploaded,) = (one for one in done.retrain.comparisons if one.data.startswith("batch:"))
    assert (found.batches, found.evaluation.examples) == ((batch_id(2),), uploaded.examples)
    assert found.evaluation.accuracy == pytest.approx(uploaded.champion_accuracy)


def test_test_pictures_that_have_changed_are_not_measured_on(loop: Loop, done: Done, tmp_path: Path) -> None:
    assert done.retrain.published == 2
    next((loop.root / "pets" / "test" / "cat").iterdir()).unlink()
    with pytest.raises(NoTestSet, match="changed"):
        evaluated(loop, tmp_path, 2)
