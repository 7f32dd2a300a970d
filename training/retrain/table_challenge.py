"""Champion and challenger of a table model on the same rows, over the served path."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from contract.card import VersionCard
from contract.examples.batch import Use
from contract.jobs.documents import Comparison, RetrainParameters
from contract.repository import ONNX_MODEL
from training.engines.served import Examples
from training.evaluating.errors import UploadUnfit
from training.evaluation import answers as decided
from training.report.comparison.paired import Mask
from training.report.comparison.verdict import TEST, Verdict, compare
from training.retrain.arena import Arena, Contender, arena
from training.retrain.database import open_engine
from training.retrain.work import Office
from training.tables.dataset import TableData
from training.tables.publishing import MAX_BATCH_SIZE
from training.tables.retraining.feedback import Feedback, read_feedback
from training.tables.retraining.joining import row_digests
from training.tables.retraining.uploads import uploaded_examples, uploaded_rows
from training.tables.run import MODEL, TableRunRecord

CHAMPION, CHALLENGER, FEEDBACK = "champion", "challenger", "feedback"
MOST_BATCHES = 10
"""Uploaded batches for evaluation that are compared on: the latest ones."""


@dataclass(frozen=True)
class TableChallenge:
    """A finished run challenges the version that serves; `data` are the run's."""

    office: Office
    champion: VersionCard | None
    run: Path
    record: TableRunRecord
    data: TableData
    parameters: RetrainParameters
    _missing: dict[str, str] = field(default_factory=dict, init=False)

    def verdict(self) -> Verdict:
        """Compare on the test rows, on feedback and on uploaded rows for evaluation; the rule looks at the first.

        Raises what starting a server raises, and what the store of examples raises.
        """
        most, comparisons = self.parameters.max_loss_points, ()
        if self.champion is None:
            return Verdict(None, most, noun="row")
        if reason := self._unlike(self.champion):
            self._missing[TEST] = reason
        else:
            comparisons = self._compared(self.champion)
        return Verdict(self.champion.version, most, comparisons, self._missing, noun="row")

    def _unlike(self, champion: VersionCard) -> str | None:
        """Why the two can't be compared."""
        if champion.input.kind != "table" or champion.input.columns != self.record.input.columns:
            return f"Version {champion.version} takes other columns."
        if not self._graph(champion).is_file():
            return f"Version {champion.version} has no graph in ONNX."
        return None

    def _graph(self, champion: VersionCard) -> Path:
        return self.office.repository.folder(champion.name) / ONNX_MODEL

    def _compared(self, champion: VersionCard) -> tuple[Comparison, ...]:
        record = self.record
        contenders = {
            CHAMPION: Contender(
                self._graph(champion), champion.input, champion.output, champion.decision, MAX_BATCH_SIZE
            ),
            CHALLENGER: Contender(self.run / MODEL, record.input, record.output, record.decision, MAX_BATCH_SIZE),
        }
        with arena(self.office.folder, **contenders) as ring:
            return tuple(self._comparison(ring, name, examples) for name, examples in self._examples())

    def _comparison(self, ring: Arena, name: str, examples: Examples) -> Comparison:
        self.office.reporter.check()
        return compare(name, _right(ring, CHAMPION, examples), _right(ring, CHALLENGER, examples))

    def _examples(self) -> Iterator[tuple[str, Examples]]:
        yield TEST, Examples(self.data.test.features, self.data.test.targets)
        feedback = self._feedback()
        if feedback.examples is None:
            self._missing[FEEDBACK] = feedback.lack
        else:
            yield FEEDBACK, feedback.examples
        yield from self._uploaded()

    def _feedback(self) -> Feedback:
        known = frozenset(row_digests(self.data.train.features))
        engine = open_engine(self.office.settings.database.get_secret_value())
        try:
            return read_feedback(engine, self.record.model, self.record.input, self.data.labels, known)
        finally:
            engine.dispose()

    def _uploaded(self) -> Iterator[tuple[str, Examples]]:
        reader = self.office.examples
        for batch in reader.in_effect(Use.EVALUATION)[-MOST_BATCHES:]:
            rows = uploaded_rows([batch], reader.object, self.record.input, self.data.labels)
            try:
                yield f"batch:{batch.id}", _whole(uploaded_examples(rows))
            except UploadUnfit as error:
                self._missing[f"batch:{batch.id}"] = error.detail


def _whole(parts: Iterator[Examples]) -> Examples:
    blocks = list(parts)
    return Examples(
        np.concatenate([block.tensors for block in blocks]), np.concatenate([block.labels for block in blocks])
    )


def _right(ring: Arena, name: str, examples: Examples) -> Mask:
    one = ring.contenders[name]
    return np.asarray(decided(one.output.labels, ring.answers(name, examples.tensors), one.decision) == examples.labels)
