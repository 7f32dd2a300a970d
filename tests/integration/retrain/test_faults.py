"""Jobs that end otherwise: refused by the rule, or failed with one sentence."""

import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest

from contract.examples.batch import Use, batch_path, object_path
from contract.jobs.documents import Comparison, RetrainParameters, RetrainResult
from contract.repository import CARD, ModelRepository
from gateway.database.schema import METADATA as GATEWAY
from tests.integration.retrain.workshop import ROOT, Workshop
from tests.support.cifar10 import sample
from tests.support.finished import finished_run
from tests.support.told import log_prediction, tell_label
from tests.support.tracked import in_mlflow, tracked
from tests.support.uploaded import Labelled, noise, upload, withdraw
from tests.support.versions import make_version
from training.retrain.attempt import RUN
from training.retrain.harness import FOLDER
from training.retrain.picture_feedback import LEARNED, NOBODY, NOT_UPLOADED
from training.run_store import RunStore

pytestmark = [
    pytest.mark.usefixtures("the_sample"),
    # MLflow's own ways with SQLAlchemy are not for us to change.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

CHAMPION = 8
"""Of the versions by hand, the one that answers most of the sample's test pictures rightly: 15 of 100."""
WEAK = 2
"""Five of 100."""


def parameters(*batches: str, **given: Any) -> RetrainParameters:
    return RetrainParameters(base="cifar10", batches=batches, **given)


def almost_done(workshop: Workshop, wanted: RetrainParameters | None = None) -> str:
    """A job whose run is finished, with a network that is worse than the champion."""
    run = finished_run(workshop.runs, RunStore(workshop.runs).new_id(), seed=WEAK)
    job = workshop.rows.add("cifar10", wanted or parameters(), champion=CHAMPION)
    (workshop.runs / FOLDER / job).mkdir(parents=True)
    (workshop.runs / FOLDER / job / RUN).write_text(run.name)
    return job


def test_a_worse_challenger_is_rejected_with_the_numbers_and_a_report(workshop: Workshop) -> None:
    test = sample().test
    bodies = [(test.body(index), sample().labels[test.labels[index]]) for index in range(10)]
    upload(workshop.examples, "cifar10", bodies, Use.EVALUATION)
    row = workshop.do(almost_done(workshop))
    assert (row["state"], row["reason_code"]) == ("rejected", "rule-broken")
    assert "5.00% rightly and version 8 15.00%: -10.00 points (95% interval" in row["reason"]
    assert ModelRepository(workshop.repository).versions("cifar10") == [CHAMPION]
    result = RetrainResult.model_validate_json(json.dumps(row["result"]))
    assert result.published is None
    assert result.comparisons[0].difference == pytest.approx(-0.1)
    assert result.comparisons[1].examples == 10
    report = (workshop.runs / result.run / "report.html").read_text()
    assert "Champion and challenger" in report
    assert "15.00%" in report


def feedback_of(row: dict[str, Any]) -> Comparison | str:
    """The comparison on feedback, or why there is none."""
    result = RetrainResult.model_validate_json(json.dumps(row["result"]))
    found = {comparison.data: comparison for comparison in result.comparisons}
    return found.get("feedback") or result.not_compared["feedback"]


def tell_of(workshop: Workshop, number: int, picture: Labelled, **more: object) -> None:
    """A logged prediction of a picture, and its true label."""
    body, label = picture
    digest = hashlib.sha256(body).hexdigest()
    log_prediction(workshop.rows.engine, number, "cifar10", kind="picture", input_digest=digest, **more)
    tell_label(workshop.rows.engine, number, label)


def test_feedback_on_pictures_counts_where_they_were_uploaded_and_not_learned_from(workshop: Workshop) -> None:
    GATEWAY.create_all(workshop.rows.engine, checkfirst=True)
    assert feedback_of(workshop.do(almost_done(workshop))) == NOBODY
    fresh, base = noise(6, "cat"), (sample().train.body(0), "dog")
    unknown, withdrawn = noise(2, "cat", seed=1)
    upload(workshop.examples, "cifar10", [*fresh[:3], base], Use.EVALUATION)
    upload(workshop.examples, "cifar10", fresh[3:5])
    withdraw(workshop.examples, upload(workshop.examples, "cifar10", [withdrawn], Use.EVALUATION))
    tell_of(workshop, 1, unknown)
    tell_of(workshop, 2, withdrawn)
    assert feedback_of(workshop.do(almost_done(workshop))) == NOT_UPLOADED
    tell_of(workshop, 3, base)
    assert feedback_of(workshop.do(almost_done(workshop))) == LEARNED  # it is in the base's training split
    for number, picture in enumerate([*fresh, fresh[0]], 4):
        tell_of(workshop, number, picture)
    found = feedback_of(workshop.do(almost_done(workshop)))
    assert isinstance(found, Comparison)
    assert found.examples == 5  # one of them was told of twice, and one was never uploaded


def test_feedback_on_a_picture_that_a_version_learned_from_does_not_count(workshop: Workshop) -> None:
    GATEWAY.create_all(workshop.rows.engine, checkfirst=True)
    picture, other = noise(2, "cat")
    batch = upload(workshop.examples, "cifar10", [picture])
    upload(workshop.examples, "cifar10", [picture, other], Use.EVALUATION)
    for number, one in enumerate((picture, other), 1):
        tell_of(workshop, number, one)
    withdraw(workshop.examples, batch)
    assert _learned_by_version_9(workshop, batch.id) == 9
    found = feedback_of(workshop.do(almost_done(workshop)))
    assert isinstance(found, Comparison)
    assert found.examples == 1


def _learned_by_version_9(workshop: Workshop, batch: str) -> int:
    """A version whose card says that it learned from a batch."""
    name = make_version(workshop.repository, "cifar10", 9)
    place = ModelRepository(workshop.repository).folder(name) / CARD
    card = json.loads(place.read_bytes())
    card["lineage"]["batches"] = [batch]
    place.write_text(json.dumps(card))
    return ModelRepository(workshop.repository).card(name).version


def test_a_rejected_run_is_tracked_with_its_report(workshop: Workshop) -> None:
    settings = in_mlflow(workshop.root)
    row = workshop.do(almost_done(workshop), **settings)
    assert row["state"] == "rejected"
    run, files = tracked(settings["mlflow_uri"], "cifar10", row["result"]["run"])
    assert (run.info.status, run.data.metrics["test_accuracy"]) == ("FINISHED", row["result"]["accuracy"])
    assert files >= {"report.html", "report.json", "run.json", "plan.json", "plots/champion-challenger.png"}


def test_a_missing_object_is_one_sentence(workshop: Workshop) -> None:
    batch = upload(workshop.examples, "cifar10", noise(2, "cat"))
    (workshop.examples / object_path("cifar10", batch.pictures[1].digest)).unlink()
    row = workshop.do(workshop.rows.add("cifar10", parameters(batch.id), champion=CHAMPION))
    assert (row["state"], row["reason_code"]) == ("failed", "examples-missing")
    assert row["reason"].count(".") == 1


def test_a_missing_batch_is_one_sentence(workshop: Workshop) -> None:
    batch = upload(workshop.examples, "cifar10", noise(2, "cat"))
    (workshop.examples / batch_path("cifar10", batch.id)).unlink()
    row = workshop.do(workshop.rows.add("cifar10", parameters(batch.id), champion=CHAMPION))
    assert (row["state"], row["reason_code"]) == ("failed", "examples-missing")
    assert batch.id in row["reason"]


def test_a_model_whose_data_nobody_knows_asks_for_a_policy(workshop: Workshop) -> None:
    row = workshop.do(workshop.rows.add("cifar10", RetrainParameters(), champion=CHAMPION))
    assert (row["state"], row["reason_code"]) == ("failed", "base-unknown")
    assert "policy" in row["reason"]


def test_a_champion_whose_files_were_changed_is_not_compared_with(workshop: Workshop) -> None:
    folder = next(workshop.repository.glob("cifar10-v*"))
    (folder / "labels.txt").write_text("changed")
    row = workshop.do(almost_done(workshop))
    assert (row["state"], row["reason_code"]) == ("failed", "version-damaged")


def test_a_withdrawn_batch_is_left_out(workshop: Workshop) -> None:
    batch = upload(workshop.examples, "cifar10", noise(2, "cat"))
    withdraw(workshop.examples, batch)
    job = workshop.rows.add("cifar10", parameters(batch.id, profile="none"), champion=CHAMPION)
    row = workshop.do(job)
    assert row["reason_code"] == "profile-unknown"  # right before training
    lines = [event["line"] for event in workshop.rows.events(job, "log")]
    assert f"The batch {batch.id} was withdrawn and is left out." in lines
    assert "Uploaded pictures in the training split: 0." in lines


def test_a_run_is_begun_anew_where_the_data_have_changed_since(workshop: Workshop) -> None:
    batch = upload(workshop.examples, "cifar10", noise(2, "cat"))
    job = almost_done(workshop, parameters(batch.id, profile="none"))
    row = workshop.do(job)
    assert row["reason_code"] == "profile-unknown"  # a new run's, right before it would have begun


def test_a_version_that_can_not_be_fine_tuned_is_one_sentence(workshop: Workshop) -> None:
    row = workshop.do(workshop.rows.add("cifar10", parameters(from_version=CHAMPION), champion=CHAMPION))
    assert (row["state"], row["reason_code"]) == ("failed", "parent-unfit")


FULL = """
set -eu
mount -t tmpfs -o size=64k tmpfs "$1"
shift
exec "$@"
"""


def test_a_full_disk_is_one_sentence(workshop: Workshop) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("a small file system can't be mounted without privileges")
    batch = upload(workshop.examples, "cifar10", noise(40, "cat"))
    job = workshop.rows.add("cifar10", parameters(batch.id), champion=CHAMPION)
    workshop.runs.mkdir()
    command = [sys.executable, "-m", "tests.support.retrain_command", "--job", job, "--attempt", "1"]
    shell = ["unshare", "-m", "sh", "-c", FULL, "sh", str(workshop.runs), *command]
    with subprocess.Popen(shell, cwd=ROOT, env=workshop.environment(), stdin=subprocess.DEVNULL) as process:
        assert process.wait(timeout=100) == 0
    row = workshop.rows.row(job)
    assert (row["state"], row["reason_code"]) == ("failed", "storage-full")
    assert row["reason"] == "The disk that holds … is full."
