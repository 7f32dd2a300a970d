"""Uploaded training examples that no retrain has had yet."""

from collections.abc import Sequence
from datetime import timedelta

from contract.examples.batch import Batch, Use
from gateway.jobs.asking import TrainingBatches
from gateway.jobs.history import RetrainHistory

SKEW = timedelta(hours=1)
"""By how much the clocks of those who make batches and jobs may differ."""


class NewExamples:
    """Finds a model's batches that are in no retrain's, whatever became of that.

    So one batch starts at most one retrain by itself, however often retrains fail.
    """

    def __init__(self, examples: TrainingBatches, history: RetrainHistory) -> None:
        self._examples = examples
        self._history = history

    async def batches(self, model: str, at_least: int) -> list[Batch]:
        """The new ones, the oldest first; empty where they hold fewer than `at_least` examples.

        Raises `DatabaseUnavailable`, and what the store of examples raises.
        """
        new = [batch for batch in await self._examples.batches(model) if batch.use is Use.TRAINING]
        if count(new) < at_least:
            return []
        async for retrain in self._history.newest_first(model):
            if retrain.created < new[0].created - SKEW:
                # It and all before it are older than what is left.
                break
            new = [batch for batch in new if batch.id not in retrain.batches]
            if count(new) < at_least:
                return []
        return new


def count(batches: Sequence[Batch]) -> int:
    """Examples in all of them."""
    return sum(batch.examples for batch in batches)
