"""The answers to rows, one by one."""

from collections.abc import Sequence

from gateway.identifiers import Identifiers
from gateway.tables.answers import RowAnswer, RowId
from gateway.tables.scoring import Scored, Scoring


def row_answers(
    scoring: Scoring, scored: Scored, ids: Sequence[RowId | None], identifiers: Identifiers
) -> list[RowAnswer]:
    """An answer for each row, with an id of its own."""
    return [_answer(scoring, scored, index, row_id, identifiers) for index, row_id in enumerate(ids)]


def _answer(scoring: Scoring, scored: Scored, index: int, row_id: RowId | None, identifiers: Identifiers) -> RowAnswer:
    best = scored.labels[index]
    probabilities = scored.probabilities[index].tolist()
    return RowAnswer(
        id=identifiers.prediction_id(),
        row_id=row_id,
        label=scoring.labels[best],
        probability=probabilities[best],
        probabilities=dict(zip(scoring.labels, probabilities, strict=True)),
        decision=None if scored.decisions is None else scoring.labels[scored.decisions[index]],
        band=None if scored.bands is None else scoring.bands[scored.bands[index]],
    )
