"""What there is of a model's uploaded data, page by page."""

from collections import Counter

from contract.examples.batch import Batch, Use
from gateway.examples.answers import BatchDetails, BatchPage, BatchSummary
from gateway.examples.index import Entry, ModelIndex


def page(model: str, index: ModelIndex, *, limit: int, before: str | None) -> BatchPage:
    """A page of batches, the youngest first, after that of this id."""
    ids = sorted((one for one in index.entries if before is None or one < before), reverse=True)
    entries = [index.entries[one] for one in ids[:limit]]
    shown = [_summary(entry.batch, is_withdrawn=entry.is_withdrawn) for entry in entries]
    labels = {use: _labels(index.in_effect, use) for use in Use}
    return BatchPage(
        model=model,
        examples=sum(map(Counter.total, labels.values())),
        bytes=sum(entry.batch.bytes for entry in index.entries.values()),
        training=labels[Use.TRAINING],
        evaluation=labels[Use.EVALUATION],
        batches=shown,
        next=shown[-1].id if len(ids) > limit else None,
    )


def details(batch: Batch, *, is_withdrawn: bool, limit: int, start: int) -> BatchDetails:
    """One batch with a page of its pictures."""
    end = start + limit
    return BatchDetails(
        **dict(_summary(batch, is_withdrawn=is_withdrawn)),
        pictures=list(batch.pictures[start:end]),
        next=end if end < len(batch.pictures) else None,
    )


def _labels(entries: list[Entry], use: Use) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in entries:
        if entry.batch.use is use:
            found.update(entry.batch.counts)
    return found


def _summary(batch: Batch, *, is_withdrawn: bool) -> BatchSummary:
    return BatchSummary(
        id=batch.id,
        use=batch.use,
        kind="pictures" if batch.rows is None else "rows",
        created=batch.created,
        principal=batch.principal,
        note=batch.note,
        examples=batch.examples,
        labels=batch.counts,
        bytes=batch.bytes,
        withdrawn=is_withdrawn,
    )
