"""What may be asked of drift."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, Field

from gateway.errors import FieldError, RequestInvalid
from gateway.prediction_log.ids import EPOCH

HOUR_S = 3600
YEAR_S = 366 * 86_400


class Span(NamedTuple):
    """A time, in UTC; its end is not in it."""

    since: datetime
    until: datetime


class DriftQuery(BaseModel):
    """Predictions of what time, with which version."""

    version: int | None = Field(
        default=None, ge=1, le=999_999_999, description="A published version; the stable one without it."
    )
    since: AwareDatetime | None = Field(default=None, description="From this time on, to the millisecond.")
    until: AwareDatetime | None = Field(default=None, description="Before this time; now without it.")
    window_s: int = Field(
        default=HOUR_S, ge=60, le=YEAR_S, description="Seconds before `until`, where `since` isn't given."
    )

    def span(self) -> Span:
        """The time asked for; raises `RequestInvalid`."""
        until = self.until or datetime.now(UTC)
        window = timedelta(seconds=self.window_s)
        # No time is before the first one that there is.
        since = self.since or (until - window if until - EPOCH > window else EPOCH)
        if since >= until:
            raise RequestInvalid(FieldError(field="query.since", message="it must be before `until`"))
        return Span(since, until)
