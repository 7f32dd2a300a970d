"""The trackers' own process: notes come in as lines, sentences for people go out as lines.

MLflow and Weights & Biases take seconds to import, print, wait for servers and set handlers: here they may. When its
input ends, because its parent is done or dead, the process closes the trackers and ends.
"""

import json
import os
import sys
from functools import partial
from typing import IO

from training.tracking.delivery import Delivery
from training.tracking.notes import NOTE
from training.tracking.settings import TrackingSettings
from training.tracking.tracker import Tracker

NAMES = {"mlflow": "MLflow", "wandb": "Weights & Biases"}
NICENESS = 5
"""Training comes first."""
UNNEEDED = ("pandas", "scipy")
"""What MLflow imports only because it is there: half of the time that it takes."""


def serve(settings: TrackingSettings, notes: IO[str], answers: IO[str]) -> None:
    """Bring each note to each tracker; answers the start, each note and the end with a JSON list of sentences."""
    deliveries = [Delivery(NAMES[name], partial(make, name, settings)) for name in settings.tracking]
    for delivery in deliveries:
        delivery.open()
    _answer(answers, [])
    for line in notes:
        note = NOTE.validate_json(line)
        _answer(answers, [delivery.take(note) for delivery in deliveries])
    _answer(answers, [delivery.close() for delivery in deliveries])


def make(name: str, settings: TrackingSettings) -> Tracker:
    """A tracker by its name; imports its library."""
    if name == "mlflow":
        from training.tracking.mlflow import MlflowTracker  # noqa: PLC0415  see the module's docstring

        return MlflowTracker(settings)
    return _wandb(settings)


def _wandb(settings: TrackingSettings) -> Tracker:
    try:
        from training.tracking.wandb import WandbTracker  # noqa: PLC0415  see the module's docstring
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("its library isn't installed; get it with: pip install 'trireme[wandb]'") from error
    return WandbTracker(settings)


def _answer(answers: IO[str], sentences: list[str | None]) -> None:
    answers.write(json.dumps([sentence for sentence in sentences if sentence]) + "\n")
    answers.flush()


def main() -> None:
    """Read the settings, then notes, from the standard input."""
    os.nice(NICENESS)
    # None is how Python is told that there is no such module.
    sys.modules.update(dict.fromkeys(UNNEEDED))  # type: ignore[arg-type]  # typeshed doesn't know None
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    notes = os.fdopen(0, encoding="utf-8")
    serve(TrackingSettings.model_validate_json(notes.readline()), notes, answers)


if __name__ == "__main__":
    main()
