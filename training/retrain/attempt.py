"""One attempt at a retrain: what models of every kind have in common, from the batches to the publish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from contract.card import VersionCard
from contract.examples.batch import Batch, Use
from contract.jobs.documents import Progress, RetrainParameters, RetrainResult
from contract.names import ModelVersion
from training.console import tell
from training.report.comparison.verdict import Verdict
from training.retrain.aliases import tell_contest
from training.retrain.errors import JobUnsupported
from training.retrain.memo import published_result, result_of, write_memo
from training.retrain.work import Assignment, Office, Outcome, Publish
from training.runs import FinishedRun
from training.tracking.tracking import track_publication, track_report, tracking

RUN = "run"
"""File in the job's folder that names its run, so that the next attempt goes on with it."""


def retrained(assignment: Assignment, office: Office, work: Callable[["Attempt"], Outcome]) -> Outcome:
    """Do a retrain; one that an earlier attempt published isn't done again.

    Raises `JobUnsupported`, and what `work` raises.
    """
    published = published_result(office.repository, assignment.model, assignment.id)
    if published is not None:
        tell(office.console, f"Version {published.published} was published by an earlier attempt of this job.")
        return Outcome(published)
    if not isinstance(assignment.parameters, RetrainParameters):
        raise JobUnsupported("The job's parameters are not those of a retrain.")
    return work(Attempt(assignment, assignment.parameters, office))


@dataclass(frozen=True)
class Attempt:
    """What it was asked, where it works, and how it begins and ends."""

    assignment: Assignment
    parameters: RetrainParameters
    office: Office

    @cached_property
    def champion(self) -> VersionCard | None:
        """The card of the version that was stable when the job was claimed."""
        version = self.assignment.champion
        return None if version is None else self.office.repository.card(ModelVersion(self.assignment.model, version))

    def heard(self, progress: Progress) -> None:
        """Tell how far it is; raises `KeyboardInterrupt` where the job has to stop."""
        self.office.reporter.check()
        self.office.reporter.progress(progress)

    def tell(self, line: str) -> None:
        """Leave a line in the job's log."""
        tell(self.office.console, line)

    def batches(self) -> list[Batch]:
        """The batches to learn from, in their order; tells of those that were withdrawn."""
        found, withdrawn = self.office.examples.batches(self.parameters.batches)
        for batch in withdrawn:
            self.tell(f"The batch {batch} was withdrawn and is left out.")
        return [batch for batch in found if batch.use is Use.TRAINING]

    def tell_added(self, noun: str, added: int, left_out: Mapping[str, int]) -> None:
        """Tell how many uploaded examples are learned from, and how many for which reason are not."""
        out = "".join(f", {count:,} left out ({reason})" for reason, count in sorted(left_out.items()))
        self.tell(f"Uploaded {noun} in the training split: {added:,}{out}.")

    def tell_contest(self) -> None:
        """Tell that it is compared with the champion."""
        if self.champion is not None:
            self.tell(f"Comparing with version {self.champion.version} on a real Triton.")

    def end(
        self,
        run: Path,
        record: FinishedRun,
        verdict: Verdict,
        publish: Publish,
        *,
        added: int,
        left_out: dict[str, int],
    ) -> Outcome:
        """Do what the verdict about a reported run says: publish its model, or not."""
        result = result_of(record, verdict, added=added, left_out=left_out)
        self.tell(verdict.sentence)
        if verdict.holds:
            write_memo(run, result)
            return self.publish(run, record, result, publish)
        with tracking(self.office.settings, self.office.console) as tracker:
            track_report(tracker, record, run)
        return Outcome(result, rejected=verdict.sentence)

    def publish(self, run: Path, record: FinishedRun, result: RetrainResult, publish: Publish) -> Outcome:
        """Publish a run whose verdict holds, and tell trackers of its report and its version."""
        self.heard(Progress(stage="publishing"))
        with tracking(self.office.settings, self.office.console) as tracker:
            track_report(tracker, record, run)
            publication = self.office.publish(publish)
            track_publication(tracker, publication)
        published = result.model_copy(update={"published": publication.card.version})
        tell_contest(self.office, self.assignment.model, published)
        return Outcome(published)
