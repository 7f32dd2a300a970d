"""What the prediction log keeps of a tensor: one entry an example."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from contract.card import VersionCard
from contract.drift.pictures import figures
from contract.inputs import ImageInput
from gateway.inference import Tensor
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.entry import Entry
from gateway.prediction_log.ids import time_of
from gateway.tables.scoring import Scored, Scoring


@dataclass(frozen=True)
class Noted:
    """The answers to one request."""

    card: VersionCard
    tensor: Tensor
    """What was sent, [examples, …]."""
    scoring: Scoring
    scored: Scored
    asked: Asked
    latency_ms: float

    def entries(self, ids: Sequence[str]) -> list[Entry]:
        """The entries under these ids, in order; this may take milliseconds."""
        return [self._entry(id_, index) for index, id_ in enumerate(ids)]

    def _entry(self, id_: str, index: int) -> Entry:
        scoring, scored = self.scoring, self.scored
        best, probabilities = scored.labels[index], scored.probabilities[index].tolist()
        return Entry(
            id=id_,
            time=time_of(id_),
            kind="tensor",
            model=self.card.model,
            version=self.card.version,
            label=scoring.labels[best],
            probability=probabilities[best],
            probabilities=probabilities,
            decision=None if scored.decisions is None else scoring.labels[scored.decisions[index]],
            band=None if scored.bands is None else scoring.bands[scored.bands[index]],
            row_id=None,
            input_digest=sha256(self.tensor[index].tobytes()).hexdigest(),
            features=self._figures(index),
            summary=None,
            latency_ms=self.latency_ms,
            principal=self.asked.principal,
            trace_id=self.asked.trace_id,
        )

    def _figures(self, index: int) -> dict[str, float] | None:
        return figures(self.tensor[index])._asdict() if isinstance(self.card.input, ImageInput) else None
