"""The base of every document of the contract."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """Frozen, and strict about fields: what an older reader doesn't know must not be dropped silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")
