"""The copy of a store that a job works with, and how its version gets into the store."""

from pathlib import Path
from typing import cast

import pytest
from obstore.store import MemoryStore

from contract.jobs.documents import EvaluateParameters, RetrainParameters
from contract.names import ModelVersion
from contract.repository import ModelRepository
from tests.support.loop import Heard
from tests.support.versions import make_version
from training.errors import PublishWithdrawn
from training.publish.publisher import Publication
from training.retrain.depot import Depot
from training.retrain.work import Assignment, Publish
from training.settings import TrainingSettings
from training.store.errors import VersionTaken, VersionTooLarge
from training.store.objects import Objects
from training.store.versions import VersionStore

LARGE = 1 << 30


class Job:
    """A job whose store has versions 1 to 3."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = VersionStore(Objects(MemoryStore()))
        self.reporter = Heard()
        for version in (1, 2, 3):
            self.store.push(make_version(folder / "elsewhere", "tiny", version), folder / "elsewhere")
        self.depot = Depot(ModelRepository(folder / "copy"), self.store, LARGE)
        self.made: list[int] = []

    @property
    def root(self) -> Path:
        return self.depot.repository.root

    def publish(self, make: Publish) -> Publication:
        """Publish as the job's work does."""
        return self.depot.publish(make, "tiny", self.reporter)

    def make(self) -> Publication:
        """Publish into the copy, above all folders."""
        number = max(int(path.name.rpartition("-v")[2]) for path in self.root.iterdir()) + 1
        name = make_version(self.root, "tiny", number)
        self.made.append(number)
        return Publication(self.depot.repository.card(name), self.depot.repository.folder(name))

    def whole(self) -> list[int]:
        """The versions in the store."""
        self.store.copy_cards("tiny", self.folder / "look")
        return ModelRepository(self.folder / "look").versions("tiny")

    def loses_to_others(self) -> Publication:
        """Make a version whose number somebody else pushes meanwhile."""
        publication = self.make()
        others = self.folder / f"others-{publication.card.version}"
        self.store.push(make_version(others, "tiny", publication.card.version, labels=("cat", "dog")), others)
        return publication


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def asked(parameters: RetrainParameters | EvaluateParameters, champion: int | None = None) -> Assignment:
    return Assignment("job", 1, "tiny", parameters, champion)


def whole(root: Path) -> set[int]:
    """Versions with all their files."""
    return {int(path.parent.parent.name.rpartition("-v")[2]) for path in root.glob("*/1/model.onnx")}


@pytest.mark.parametrize(
    ("assignment", "wanted"),
    [
        (asked(RetrainParameters(), champion=2), {2}),
        (asked(RetrainParameters(from_version=1), champion=3), {1, 3}),
        (asked(RetrainParameters()), set()),
        (asked(EvaluateParameters(version=3)), {3}),
        (asked(RetrainParameters(), champion=9), set()),
    ],
)
def test_a_job_has_all_cards_and_only_the_versions_that_it_asks(
    job: Job, assignment: Assignment, wanted: set[int]
) -> None:
    job.depot.stock(assignment)
    assert job.depot.repository.versions("tiny") == [1, 2, 3]
    assert whole(job.root) == wanted
    for version in wanted:
        job.depot.repository.verify(ModelVersion("tiny", version))


def test_a_version_that_is_too_large_for_a_job_is_not_copied(job: Job) -> None:
    small = Depot(job.depot.repository, job.store, 10)
    with pytest.raises(VersionTooLarge):
        small.stock(asked(RetrainParameters(), champion=2))
    assert whole(job.root) == set()


def test_what_a_job_made_gets_the_next_number_in_the_store(job: Job) -> None:
    job.depot.stock(asked(RetrainParameters(), champion=3))
    assert job.publish(job.make).card.version == 4
    assert job.whole() == [1, 2, 3, 4]


def test_a_lost_number_is_made_up_for_by_the_next_one(job: Job) -> None:
    job.depot.stock(asked(RetrainParameters()))
    ways = [job.loses_to_others, job.make]

    def make() -> Publication:
        return ways.pop(0)()

    assert job.publish(make).card.version == 5
    assert job.made == [4, 5]
    assert job.whole() == [1, 2, 3, 4, 5]
    assert [line for line in job.reporter.lines if "number meanwhile" in line]


def test_who_loses_again_and_again_gives_up(job: Job) -> None:
    job.depot.stock(asked(RetrainParameters()))
    with pytest.raises(VersionTaken):
        job.publish(job.loses_to_others)
    assert len(job.made) > 1


def test_a_job_that_was_cancelled_while_it_pushed_publishes_nothing(job: Job) -> None:
    job.depot.stock(asked(RetrainParameters()))
    job.reporter.is_wanted = False
    with pytest.raises(PublishWithdrawn):
        job.publish(job.make)
    assert job.whole() == [1, 2, 3]


def test_what_an_attempt_made_and_did_not_push_is_no_version_for_the_next_one(job: Job) -> None:
    job.depot.stock(asked(RetrainParameters()))
    job.make()
    job.depot.stock(asked(RetrainParameters()))
    assert job.depot.repository.versions("tiny") == [1, 2, 3]


def test_a_folder_is_worked_in_as_it_is(tmp_path: Path) -> None:
    settings = TrainingSettings(_env_file=None, repository=str(tmp_path / "models"))
    depot = Depot.of(settings, tmp_path / "job")
    made = cast("Publication", object())
    assert depot.repository.root == tmp_path / "models"
    depot.stock(asked(RetrainParameters(), champion=1))
    assert depot.publish(lambda: made, "tiny", Heard()) is made
    assert not (tmp_path / "job").exists()


def test_numbers_that_were_taken_while_the_job_trained_are_left_to_the_others(job: Job) -> None:
    job.depot.stock(asked(RetrainParameters()))
    job.store.push(make_version(job.folder / "elsewhere", "tiny", 4), job.folder / "elsewhere")
    assert job.publish(job.make).card.version == 5
    assert job.made == [5]
