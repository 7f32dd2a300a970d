"""What callers may say."""

from pydantic import Field

from gateway.request_document import RequestDocument


class FeedbackDocument(RequestDocument):
    """What was true."""

    label: str = Field(min_length=1, max_length=1000, examples=["ship"])
    """One of the version's labels."""
