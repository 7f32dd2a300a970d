"""What a tracker is."""

from typing import Protocol

from training.tracking.notes import Aliases, Ending, Outcome, Point, Report, Run, Version


class Tracker(Protocol):
    """Keeps what it is told about one run after another, and about a model's versions.

    It may be told the same thing twice, and must keep it once.
    """

    def start(self, run: Run) -> None:
        """A run begins; one that was interrupted goes on."""

    def epoch(self, point: Point) -> None:
        """An epoch of the run is over, or a try of its search; a run that goes on tells the earlier ones anew."""

    def finish(self, outcome: Outcome) -> None:
        """The run is finished."""

    def report(self, report: Report) -> None:
        """A finished run has its report, made after its end."""

    def fail(self, ending: Ending) -> None:
        """The run ends without an outcome."""

    def published(self, version: Version) -> None:
        """A version is published, perhaps long after its run; a model's first one becomes its champion."""

    def aliases(self, aliases: Aliases) -> None:
        """Other versions are champion and challenger."""

    def close(self) -> None:
        """Nothing more will come."""


class Untracked:
    """Keeps nothing."""

    def start(self, run: Run) -> None:
        """Keep nothing."""

    def epoch(self, point: Point) -> None:
        """Keep nothing."""

    def finish(self, outcome: Outcome) -> None:
        """Keep nothing."""

    def report(self, report: Report) -> None:
        """Keep nothing."""

    def fail(self, ending: Ending) -> None:
        """Keep nothing."""

    def published(self, version: Version) -> None:
        """Keep nothing."""

    def aliases(self, aliases: Aliases) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Keep nothing."""
