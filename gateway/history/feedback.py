"""What was true, said afterwards."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import insert

from gateway.database.engine import Database
from gateway.history.answers import Feedback, PredictionDetails
from gateway.history.errors import FeedbackFull, FeedbackInvalid
from gateway.prediction_log.tables import FEEDBACK

MOST = 100
"""What may be said about one prediction."""


async def give(
    database: Database, found: PredictionDetails, label: str, labels: Collection[str], principal: str
) -> Feedback:
    """Note what was true; saying the same again changes nothing.

    Raises `FeedbackInvalid`, `FeedbackFull` or `DatabaseUnavailable`.
    """
    _check(found, label, labels)
    if found.feedback is not None and (found.feedback.label, found.feedback.principal) == (label, principal):
        return found.feedback
    given = Feedback(label=label, time=datetime.now(UTC), principal=principal)
    async with database.transaction() as connection:
        await connection.execute(insert(FEEDBACK).values(prediction_id=found.id, **dict(given)))
    return given


def _check(found: PredictionDetails, label: str, labels: Collection[str]) -> None:
    if found.kind == "file":
        raise FeedbackInvalid("The entry stands for a whole file.")
    if label not in labels:
        raise FeedbackInvalid(f"The label is none of version {found.version} of model {found.model!r}.")
    if len(found.feedback_history) >= MOST:
        raise FeedbackFull
