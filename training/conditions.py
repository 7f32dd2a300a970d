"""Under which conditions a program has a run done: nothing of it decides the outcome."""

from dataclasses import dataclass

from training.data.dataset import DataSet
from training.display import Listener


@dataclass(frozen=True)
class Conditions:
    """Conditions of a run; the defaults are those of a person's."""

    data: DataSet | None = None
    """The data, where they are at hand already; None: the catalog loads them."""
    run: str | None = None
    """The identifier of a new run; None: a fresh one."""
    listener: Listener | None = None
    """Who is told how far it is."""
    with_report: bool = True
    """Whether the run makes its report; else who had it done does, when more is known."""


ALONE = Conditions()
