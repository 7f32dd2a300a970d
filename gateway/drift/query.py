"""What may be asked of drift."""

from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, Field

from contract.moments import EPOCH, Span
from gateway.errors import FieldError, RequestInvalid

HOUR_S = 3600
YEAR_S = 366 * 86_400


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
        return span_of(self.since, self.until, self.window_s, place="query")


def span_of(since: datetime | None, until: datetime | None, window_s: int, *, place: str) -> Span:
    """The time that is asked for in a `place` of the request; raises `RequestInvalid`."""
    end = until or datetime.now(UTC)
    window = timedelta(seconds=window_s)
    # No time is before the first one that there is.
    begin = since or (end - window if end - EPOCH > window else EPOCH)
    if begin >= end:
        raise RequestInvalid(FieldError(field=f"{place}.since", message="it must be before `until`"))
    return Span(begin, end)
