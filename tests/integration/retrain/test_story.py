"""One job that is stopped and killed again and again, and ends as one version."""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from contract.card import VersionCard
from contract.examples.batch import Batch, Use
from contract.jobs.documents import RetrainParameters, RetrainResult
from contract.names import ModelVersion
from contract.repository import ModelRepository
from tests.integration.retrain.workshop import Workshop, eventually
from tests.support.cifar10 import sample
from tests.support.job_rows import sqlite_jobs
from tests.support.uploaded import Labelled, noise, upload
from tests.support.versions import make_version
from training.plan import RunPlan

pytestmark = pytest.mark.timeout(900)  # the first test waits for all five attempts

NEW = ModelVersion("cifar10", 2)


@dataclass
class Story:
    """What was seen after each attempt."""

    workshop: Workshop
    batches: tuple[Batch, Batch]
    job: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    steps: list[list[int]] = field(default_factory=list)
    """Of the whole run, those that each attempt told of."""
    versions: list[list[int]] = field(default_factory=list)
    run_folders: list[list[str]] = field(default_factory=list)

    def attempt(self, fault: str = "", *, stop: bool = False) -> None:
        """Do an attempt, and note what there is after it."""
        attempt = self.workshop.rows.claim(self.job) if self.rows else 1
        before = len(self.told)
        with self.workshop.started(self.job, attempt, fault) as process:
            if stop:
                eventually(lambda: any("step" in progress for progress in self.told[before:]), process)
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=250)
        self.codes.append(process.returncode)
        self.rows.append(self.row)
        self.steps.append([_step(progress) for progress in self.told[before:] if "step" in progress])
        self.versions.append(ModelRepository(self.workshop.repository).versions("cifar10"))
        self.run_folders.append(sorted(path.parent.name for path in self.workshop.runs.glob("*/plan.json")))

    @property
    def told(self) -> list[dict[str, Any]]:
        return self.workshop.rows.events(self.job, "progress")

    @property
    def row(self) -> dict[str, Any]:
        return self.workshop.rows.row(self.job)

    @property
    def card(self) -> VersionCard:
        return ModelRepository(self.workshop.repository).card(NEW)

    @property
    def result(self) -> RetrainResult:
        return RetrainResult.model_validate_json(json.dumps(self.row["result"]))


def _step(progress: dict[str, Any]) -> int:
    return int(progress["step"] + 6 * (progress["epoch"] - 1))


def pictures() -> list[Labelled]:
    """New ones, one of them twice, one with an unknown label, and one that is a test picture."""
    fresh = noise(6, "cat")
    return [*fresh, fresh[0], *noise(1, "unicorn", seed=1), (sample().test.body(3), "dog")]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("story")
    make_version(root / "repository", "cifar10")
    with sqlite_jobs(root) as rows:
        workshop = Workshop(root, rows)
        training = upload(workshop.examples, "cifar10", pictures())
        test = sample().test
        bodies = [(test.body(index), sample().labels[test.labels[index]]) for index in range(20)]
        evaluation = upload(workshop.examples, "cifar10", bodies, Use.EVALUATION)
        parameters = RetrainParameters(base="cifar10", batches=(training.id,), max_loss_points=100)
        story = Story(workshop, (training, evaluation), rows.add("cifar10", parameters, champion=1))
        story.attempt("kill:step:4")
        story.attempt("wait:step:1", stop=True)
        story.attempt("kill:before-reveal")
        story.attempt("kill:after-reveal")
        story.attempt()
        yield story


def test_a_killed_attempt_leaves_its_row_to_the_gateway(story: Story) -> None:
    assert story.codes[0] == -signal.SIGKILL
    assert story.rows[0]["state"] == "running"
    assert story.rows[0]["heartbeat"] is not None


def test_sigterm_queues_the_job_to_go_on(story: Story) -> None:
    assert story.codes[1] == 0
    assert (story.rows[1]["state"], story.rows[1]["lane"]) == ("queued", None)


def test_the_next_attempt_goes_on_from_the_checkpoint(story: Story) -> None:
    first, *others = story.run_folders
    assert len(first) == 1
    assert all(folders == first for folders in others)
    assert story.steps[1][0] >= 3  # the killed one had a checkpoint after two
    assert story.steps[2][0] > story.steps[1][-1]
    assert story.steps[2][-1] == 18


def test_a_kill_right_before_the_version_shows_leaves_none(story: Story) -> None:
    assert story.versions[:3] == [[1], [1], [1]]


def test_a_kill_right_after_it_shows_makes_no_second_one(story: Story) -> None:
    assert story.versions[3:] == [[1, 2], [1, 2]]
    ModelRepository(story.workshop.repository).verify(NEW)


def test_the_last_attempt_says_what_the_one_before_it_found(story: Story) -> None:
    assert (story.row["state"], story.codes[4]) == ("succeeded", 0)
    assert story.result.published == 2
    assert story.result.champion == 1
    assert [comparison.data for comparison in story.result.comparisons] == ["test", f"batch:{story.batches[1].id}"]
    assert story.result.comparisons[0].examples == 100
    assert "feedback" in story.result.not_compared
    assert story.result.comparisons[0].challenger_accuracy == pytest.approx(story.result.accuracy, abs=0.011)


def test_uploaded_pictures_join_the_training_split_alone(story: Story) -> None:
    assert story.result.examples_added == 6
    assert story.result.examples_left_out == {"twice": 1, "label-unknown": 1, "in-evaluation-data": 1}
    own, base = story.card.lineage.data, sample().digests()
    assert (own["validation"], own["test"]) == (base["validation"], base["test"])
    assert own["train"] != base["train"]


def test_the_card_says_where_the_version_comes_from(story: Story) -> None:
    lineage = story.card.lineage
    assert lineage.job == story.job
    assert lineage.batches == (story.batches[0].id,)
    assert lineage.run == story.run_folders[0][0]
    assert {gate.name for gate in story.card.gates} == {"conversion", "engine"}


def test_the_report_has_champion_and_challenger(story: Story) -> None:
    folder = ModelRepository(story.workshop.repository).folder(NEW)
    said = json.loads((folder / "report.json").read_text())["statements"]
    (sentence,) = (one["sentence"] for one in said if one["name"] == "champion-challenger")
    assert sentence.startswith(story.result.rule)
    assert (folder / "plots" / "champion-challenger.png").is_file()


def test_the_job_s_own_folder_is_gone_when_it_has_ended(story: Story) -> None:
    assert not list((story.workshop.runs / "jobs").glob("*"))


def test_the_log_names_no_paths(story: Story) -> None:
    lines = [event["line"] for event in story.workshop.rows.events(story.job, "log")]
    assert any("Epoch 3/3" in line for line in lines)
    assert not [line for line in lines if str(story.workshop.root) in line]


def test_the_run_is_planned_with_the_uploaded_pictures(story: Story) -> None:
    plan = RunPlan.read(story.workshop.runs / story.run_folders[0][0])
    assert plan.batches == (story.batches[0].id,)
    assert plan.data == story.card.lineage.data
