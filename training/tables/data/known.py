"""Data sets that Trireme knows how to get."""

from typing import Literal

from rich.console import Console

from training.settings import TrainingSettings
from training.tables.data.breast_cancer import breast_cancer
from training.tables.data.german_credit import german_credit
from training.tables.data.source import Source


def known_source(
    name: Literal["breast-cancer", "german-credit"], settings: TrainingSettings, console: Console
) -> Source:
    """The rows of a data set, fetched where necessary.

    Raises:
        DataUnreachable, DataDamaged, StorageFailed: it can't be fetched.
    """
    match name:
        case "breast-cancer":
            return breast_cancer()
        case "german-credit":
            return german_credit(settings, console).source()
