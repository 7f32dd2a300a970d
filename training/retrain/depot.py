"""Where the versions are that a job needs and makes: in a folder, or in a store of which it has a copy of its own."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contract.jobs.documents import RetrainParameters
from contract.names import ModelVersion
from contract.repository import ModelRepository
from contract.store import S3
from training.data.storage import storage_errors
from training.retrain.work import Assignment, Publish, Reporter
from training.settings import TrainingSettings
from training.store.errors import VersionTaken
from training.store.objects import Objects
from training.store.versions import VersionStore

if TYPE_CHECKING:
    from training.publish.publisher import Publication

COPY = "repository"
"""Of the store, in the job's folder."""
TRIES = 3
"""Numbers that are tried: one is lost only to somebody who pushes at the same time."""


@dataclass(frozen=True)
class Depot:
    """A repository in a folder, and the store that it is a copy of, if it is one."""

    repository: ModelRepository
    store: VersionStore | None = None
    max_bytes: int = 0
    """Of a version that is copied."""

    @classmethod
    def of(cls, settings: TrainingSettings, folder: Path) -> "Depot":
        """What the settings name; of a store a copy in the job's `folder`, with nothing in it yet."""
        if not settings.repository.startswith(S3):
            return cls(ModelRepository(Path(settings.repository)))
        objects = Objects.at(
            settings.repository, endpoint=settings.repository_endpoint, access=settings.repository_access()
        )
        return cls(ModelRepository(folder / COPY), VersionStore(objects), settings.repository_max_bytes)

    def stock(self, assignment: Assignment) -> None:
        """Copy what the job reads: the cards of its model, and the versions that it asks something.

        Raises `training.store.errors`, `StorageFull`, `CardInvalid` and `VersionDamaged`.
        """
        if self.store is None:
            return
        root = self.repository.root
        with storage_errors(root):
            self.store.copy_cards(assignment.model, root)
            for version in sorted(_needed(assignment)):
                self.store.fetch(ModelVersion(assignment.model, version), root, self.max_bytes)

    def publish(self, make: Publish, model: str, reporter: Reporter) -> "Publication":
        """Publish by `make`, which does so into the repository; then push what it made.

        Where its number was lost meanwhile, `make` is called again. Raises what `make` and `VersionStore.push` raise.
        """
        if self.store is None:
            return make()
        for _ in range(TRIES - 1):
            with suppress(VersionTaken):
                return self._pushed(self.store, make, model, reporter)
            reporter.log("Somebody else took the version's number meanwhile; publishing under the next one.")
        return self._pushed(self.store, make, model, reporter)

    def _pushed(self, store: VersionStore, make: Publish, model: str, reporter: Reporter) -> "Publication":
        with storage_errors(self.repository.root):
            store.copy_cards(model, self.repository.root)
        publication = make()
        store.push(publication.card.name, self.repository.root, may_reveal=reporter.may_reveal)
        return publication


def _needed(assignment: Assignment) -> set[int]:
    """The versions whose files a job reads."""
    parameters = assignment.parameters
    if isinstance(parameters, RetrainParameters):
        found = {assignment.champion, parameters.from_version}
    else:
        found = {parameters.version}
    return {version for version in found if version is not None}
