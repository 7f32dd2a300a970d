"""Champion and challenger of a table model on the same rows, over the served path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from contract.card import VersionCard
from contract.examples.batch import Batch
from contract.jobs.documents import Comparison
from contract.repository import ONNX_MODEL
from training.engines.served import Examples, Tensors
from training.evaluating.errors import UploadUnfit
from training.report.comparison.verdict import TEST, Verdict
from training.retrain.arena import Contender, arena
from training.retrain.challenge import CHALLENGER, CHAMPION, FEEDBACK, MOST_BATCHES, TOO_MANY, champion_of, contest
from training.retrain.database import open_engine
from training.retrain.work import Office
from training.tables.dataset import TableData
from training.tables.publishing import MAX_BATCH_SIZE
from training.tables.retraining.feedback import Feedback, read_feedback
from training.tables.retraining.joining import row_digests
from training.tables.retraining.uploads import uploaded_examples, uploaded_rows
from training.tables.run import MODEL, TableRunRecord


@dataclass(frozen=True)
class RowsExam:
    """Encoded rows, which both contenders take as they are."""

    examples: Examples
    labels: tuple[str, ...]

    @property
    def truth(self) -> Sequence[str]:
        """As `Exam` says."""
        return [self.labels[number] for number in self.examples.labels]

    def tensors(self, _contender: Contender) -> Tensors:
        """As `Exam` says."""
        return self.examples.tensors


@dataclass(frozen=True)
class TableChallenge:
    """A finished run's model against the version that serves; `data` are the run's."""

    office: Office
    run: Path
    record: TableRunRecord
    data: TableData
    evaluation: Sequence[Batch]
    """Batches of uploaded evaluation data in effect, oldest first."""
    _missing: dict[str, str] = field(default_factory=dict, init=False)

    def judge(self, champion: VersionCard, max_loss_points: float) -> Verdict:
        """Compare on the test rows, on feedback and on uploaded rows for evaluation; the rule looks at the first.

        Raises `VersionDamaged`, what starting a server raises, and what the store of examples raises.
        """
        comparisons: tuple[Comparison, ...] = ()
        if reason := self._unlike(champion):
            self._missing[TEST] = reason
        else:
            comparisons = self._compared(champion)
        return Verdict(champion.version, max_loss_points, comparisons, self._missing, noun="row")

    def _unlike(self, champion: VersionCard) -> str | None:
        """Why the two can't be compared."""
        if champion.input.kind != "table" or champion.input.columns != self.record.input.columns:
            return f"version {champion.version} takes other columns."
        if not (self.office.repository.folder(champion.name) / ONNX_MODEL).is_file():
            return f"version {champion.version} has no graph in ONNX."
        return None

    def _compared(self, champion: VersionCard) -> tuple[Comparison, ...]:
        record = self.record
        challenger = Contender(self.run / MODEL, record.input, record.output, record.decision, MAX_BATCH_SIZE)
        contenders = {CHAMPION: champion_of(self.office.repository, champion), CHALLENGER: challenger}
        found = []
        with arena(self.office.folder, **contenders) as running:
            for name, examples in self._examples():
                self.office.reporter.check()
                found.append(contest(running, name, RowsExam(examples, self.data.labels)))
        return tuple(found)

    def _examples(self) -> Iterator[tuple[str, Examples]]:
        yield TEST, Examples(self.data.test.features, self.data.test.targets)
        feedback = self._feedback()
        if feedback.examples is None:
            self._missing[FEEDBACK] = feedback.lack
        else:
            yield FEEDBACK, feedback.examples
        self._missing.update({_name(batch): TOO_MANY for batch in self.evaluation[:-MOST_BATCHES]})
        for batch in self.evaluation[-MOST_BATCHES:]:
            yield from self._uploaded(batch)

    def _feedback(self) -> Feedback:
        known = frozenset(row_digests(self.data.train.features))
        engine = open_engine(self.office.settings.database.get_secret_value())
        try:
            return read_feedback(engine, self.record.model, self.record.input, self.data.labels, known)
        finally:
            engine.dispose()

    def _uploaded(self, batch: Batch) -> Iterator[tuple[str, Examples]]:
        rows = uploaded_rows([batch], self.office.examples.object, self.record.input, self.data.labels)
        try:
            yield _name(batch), _whole(list(uploaded_examples(rows)))
        except UploadUnfit as error:
            self._missing[_name(batch)] = error.detail


def _name(batch: Batch) -> str:
    return f"batch:{batch.id}"


def _whole(parts: Sequence[Examples]) -> Examples:
    return Examples(np.concatenate([part.tensors for part in parts]), np.concatenate([part.labels for part in parts]))
