"""Tracking a run, a version, or new aliases: what training, publishing and the retrain job call."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from contract.errors import TriremeError
from contract.names import ModelVersion
from contract.repository import ModelRepository
from training.console import tell
from training.runs import FinishedRun
from training.tracking.courier import Courier
from training.tracking.facts import files_of, report_of, version_of
from training.tracking.notes import Alias, Aliases, Ending, Run
from training.tracking.settings import TrackingSettings
from training.tracking.tracker import Tracker, Untracked

if TYPE_CHECKING:
    from training.publish.publisher import Publication


@contextmanager
def tracking(settings: TrackingSettings, console: Console) -> Iterator[Tracker]:
    """The trackers of the settings; waits at the end until they have all, for a limited time. Never fails."""
    tracker = Courier(settings, partial(tell, console)) if settings.tracking else Untracked()
    try:
        yield tracker
    finally:
        tracker.close()


@contextmanager
def tracked_run(settings: TrackingSettings, console: Console, run: Run) -> Iterator[Tracker]:
    """The trackers, told that a run begins, and how it ends if an error or Ctrl-C ends it."""
    with tracking(settings, console) as tracker:
        tracker.start(run)
        try:
            yield tracker
        except BaseException as error:
            tracker.fail(_ending(error))
            raise


def track_report(tracker: Tracker, record: FinishedRun, folder: Path) -> None:
    """Tell of a run's report that was made after the run's end."""
    tracker.report(report_of(record, folder))


def track_publication(tracker: Tracker, publication: "Publication") -> None:
    """Tell of a version; a dry run makes none."""
    if publication.folder is not None:
        tracker.published(version_of(publication.card, publication.folder))


def set_aliases(
    settings: TrackingSettings,
    console: Console,
    repository: ModelRepository,
    *,
    model: str,
    champion: int,
    challenger: int | None = None,
) -> None:
    """Tell which version of a model is the champion now, and which one challenges it, if one does.

    Raises `VersionUnknown`, `ModelUnknown` or `CardInvalid`; never because a tracker is away.
    """
    aliases = (_alias(repository, "champion", model, champion), _alias(repository, "challenger", model, challenger))
    with tracking(settings, console) as tracker:
        tracker.aliases(Aliases(model=model, aliases=aliases))


def _alias(repository: ModelRepository, name: str, model: str, version: int | None) -> Alias:
    if version is None:
        return Alias.model_validate({"name": name, "version": 0})
    card, folder = repository.card(ModelVersion(model, version)), repository.folder(ModelVersion(model, version))
    content = {"name": name, "version": version, "folder": folder.absolute(), "files": files_of(card)}
    return Alias.model_validate(content)


def _ending(error: BaseException) -> Ending:
    if isinstance(error, TriremeError):
        return Ending(reason=error.detail, interrupted=False)
    interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
    return Ending(reason="Interrupted." if interrupted else type(error).__name__, interrupted=interrupted)
