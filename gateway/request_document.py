"""JSON documents of requests: however much is wrong with one, few errors are told; a caller decides how many."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Note = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A caller's words for people, on one line."""


class RequestDocument(BaseModel):
    """A document that refuses unknown fields by one error for all, which names none: names are a part of the body.

    Fields that are lists should stop at their first wrong entry (pydantic's `FailFast`).
    """

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.keys() <= cls.model_fields.keys():
            known = ", ".join(cls.model_fields)
            raise PydanticCustomError("unknown_field", "There is a field other than {known}.", {"known": known})
        return given
