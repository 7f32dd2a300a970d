"""Reading the log."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from gateway.database.engine import Database
from gateway.history.answers import Feedback, LoggedPredictions, PredictionDetails
from gateway.history.errors import PredictionPending, PredictionUnknown
from gateway.history.query import PageQuery, cursor
from gateway.history.records import FEEDBACK_COLUMNS, page, with_feedback, with_zone
from gateway.prediction_log.ids import is_prediction_id, time_of
from gateway.prediction_log.shipping import Shipping
from gateway.prediction_log.tables import FEEDBACK, PREDICTIONS

CATCH_UP_S = 2.0
YOUNG = timedelta(minutes=1)
"""So long another gateway's entry may be on its way."""


class History:
    """What was predicted."""

    def __init__(self, database: Database, shipping: Shipping) -> None:
        self.database = database
        self._shipping = shipping

    async def page(self, query: PageQuery) -> LoggedPredictions:
        """A page of entries, the youngest first; raises `DatabaseUnavailable`, or `RequestInvalid` for its cursor."""
        conditions, before = query.conditions(), query.before()
        if before is not None:
            conditions.append(PREDICTIONS.c.id < before)
        async with self.database.transaction() as connection:
            rows = (await connection.execute(page(conditions, query.limit + 1))).all()
            found = await with_feedback(connection, rows[: query.limit])
        return LoggedPredictions(predictions=found, next=cursor(found[-1].id) if len(rows) > query.limit else None)

    async def find(self, id: str) -> PredictionDetails:  # noqa: A002 - the column's name
        """One entry; one that is still in this gateway's journal is brought into the database first.

        Raises `PredictionUnknown`, `PredictionPending` or `DatabaseUnavailable`.
        """
        if not is_prediction_id(id):
            raise PredictionUnknown
        found = await self._look(id)
        if found is None:
            is_caught_up = await self._shipping.catch_up(CATCH_UP_S)
            found = await self._look(id)
            if found is None:
                is_young = datetime.now(UTC) - time_of(id) < YOUNG
                raise PredictionPending if is_young or not is_caught_up else PredictionUnknown
        return found

    async def _look(self, id: str) -> PredictionDetails | None:  # noqa: A002 - the column's name
        said = select(*FEEDBACK_COLUMNS).where(FEEDBACK.c.prediction_id == id).order_by(FEEDBACK.c.number)
        async with self.database.transaction() as connection:
            row = (await connection.execute(select(PREDICTIONS).where(PREDICTIONS.c.id == id))).one_or_none()
            if row is None:
                return None
            feedback = [Feedback.model_validate(with_zone(one)) for one in await connection.execute(said)]
        last = feedback[-1] if feedback else None
        return PredictionDetails.model_validate({**with_zone(row), "feedback": last, "feedback_history": feedback})
