"""What trackers are told: one document for each thing that happens to a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, JsonValue, NonNegativeInt, PositiveInt, TypeAdapter

from contract.base import Document
from contract.names import ModelName, ModelVersion

if TYPE_CHECKING:
    from training.tracking.tracker import Tracker

Parameters = dict[str, JsonValue]
"""May be nested; trackers that want flat ones flatten them."""
Tags = dict[str, str]
Metrics = dict[str, float]


class Run(Document):
    """A run begins, or goes on: the same `id` is the same run."""

    kind: Literal["run"] = "run"
    id: str
    model: ModelName
    parameters: Parameters
    tags: Tags

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.start(self)


class Point(Document):
    """Figures at one place of a run: an epoch, or a try of a search; they count from 1."""

    kind: Literal["point"] = "point"
    number: PositiveInt
    metrics: Metrics

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.epoch(self)


class Outcome(Document):
    """A run is finished."""

    kind: Literal["outcome"] = "outcome"
    parameters: Parameters
    """All of them; of some runs a part is known at the end only."""
    tags: Tags
    metrics: Metrics
    """On the test split."""
    folder: Path
    files: tuple[str, ...]
    """What to keep of the folder, by paths inside it."""

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.finish(self)


class Report(Document):
    """The report of a finished run was made, perhaps long after its end."""

    kind: Literal["report"] = "report"
    run: Run
    """The one that it is about, told before or not."""
    metrics: Metrics
    """On the test split."""
    folder: Path
    files: tuple[str, ...]
    """What to keep of the folder, by paths inside it."""

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.report(self)


class Ending(Document):
    """A run ends without an outcome."""

    kind: Literal["ending"] = "ending"
    reason: str
    interrupted: bool
    """Whether it may go on later."""

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.fail(self)


class Version(Document):
    """A version was published."""

    kind: Literal["version"] = "version"
    run: Run
    """The one that it comes from, told before or not."""
    version: PositiveInt
    first: bool
    """Whether it is the model's only one."""
    metrics: Metrics
    folder: Path
    files: tuple[str, ...]
    """What to keep of the folder, by paths inside it: no data."""

    @property
    def name(self) -> ModelVersion:
        """The model and version."""
        return ModelVersion(self.run.model, self.version)

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.published(self)


class Alias(Document):
    """One of a model's versions is now known by this name, or none is (`version` 0)."""

    name: Literal["champion", "challenger"]
    version: NonNegativeInt
    folder: Path | None = None
    """Where the version lies."""
    files: tuple[str, ...] = ()
    """As of `Version`."""


class Aliases(Document):
    """A model's champion and challenger are others than before."""

    kind: Literal["aliases"] = "aliases"
    model: ModelName
    aliases: tuple[Alias, ...]

    def give_to(self, tracker: "Tracker") -> None:
        """Tell a tracker."""
        tracker.aliases(self)


Note = Annotated[Run | Point | Outcome | Report | Ending | Version | Aliases, Field(discriminator="kind")]
NOTE: TypeAdapter[Note] = TypeAdapter(Note)
