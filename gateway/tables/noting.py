"""What the prediction log keeps of rows and of files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract.card import VersionCard
from gateway.identifiers import Identifiers
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.digest import row_digests
from gateway.prediction_log.entry import Entry
from gateway.prediction_log.ids import time_of
from gateway.prediction_log.policy import Policy
from gateway.tables.answers import RowAnswer
from gateway.tables.model import TableModel
from gateway.tables.results import ScoredChunk
from gateway.tables.row_answers import row_answers
from gateway.tables.rows import Rows
from gateway.tables.summary import FileSummary


@dataclass(frozen=True, slots=True)
class Sent:
    """What the log may keep of one row as it was sent."""

    digest: str
    row_id: str | None
    features: Mapping[str, Any] | None


def sent(model: TableModel, rows: Rows, policy: Policy) -> list[Sent]:
    """Of each row; blocks. Rows by id, and by SQL, come without values: those weren't sent."""
    schema = model.schema
    values = (
        [None] * len(rows.ids) if rows.values is None else [policy.features(row, schema.names) for row in rows.values]
    )
    ids = (policy.row_id(one, schema.id) for one in rows.ids)
    return [Sent(*one) for one in zip(row_digests(rows.features), ids, values, strict=True)]


def row_entries(
    card: VersionCard, answers: Sequence[RowAnswer], inputs: Sequence[Sent], *, latency_ms: float, asked: Asked
) -> list[Entry]:
    """Of the rows of one request."""
    return [
        Entry(
            id=answer.id,
            time=time_of(answer.id),
            kind="row",
            model=card.model,
            version=card.version,
            label=answer.label,
            probability=answer.probability,
            probabilities=list(answer.probabilities.values()),
            decision=answer.decision,
            band=answer.band,
            row_id=given.row_id,
            input_digest=given.digest,
            features=given.features,
            summary=None,
            latency_ms=latency_ms,
            principal=asked.principal,
            trace_id=asked.trace_id,
        )
        for answer, given in zip(answers, inputs, strict=True)
    ]


def chunk_entries(
    model: TableModel, chunk: ScoredChunk, policy: Policy, *, latency_ms: float, asked: Asked
) -> list[Entry]:
    """Of a file's rows that were predicted; blocks. They come without values, whatever the policy says."""
    accepted = chunk.encoded.accepted
    ids = [one for one, is_accepted in zip(chunk.ids.to_pylist(), accepted.tolist(), strict=True) if is_accepted]
    answers = row_answers(model.scoring, chunk.scored, ids, Identifiers())
    kept = sent(model, Rows(chunk.encoded.features[accepted], ids), policy)
    return row_entries(model.card, answers, kept, latency_ms=latency_ms, asked=asked)


def file_entry(summary: FileSummary, digest: str | None, asked: Asked) -> Entry:
    """Of a whole file; without a digest where only a part of it was answered."""
    own = Identifiers().prediction_id()
    return Entry(
        id=own,
        time=time_of(own),
        kind="file",
        model=summary.model,
        version=summary.version,
        label=None,
        probability=None,
        probabilities=None,
        decision=None,
        band=None,
        row_id=None,
        input_digest=digest,
        features=None,
        summary=summary.model_dump(mode="json"),
        latency_ms=summary.seconds * 1000,
        principal=asked.principal,
        trace_id=asked.trace_id,
    )
