"""How endpoints describe themselves in the OpenAPI document."""

from typing import Annotated, Any

from fastapi import Path, Query

from contract.errors import TriremeError
from contract.names import MODEL_MAX_LENGTH
from gateway.errors import BodyTooLarge, ModelServerFailed, ModelServerTimeout, ModelServerUnavailable
from gateway.problems import Problem

# The name's rule is checked by the catalogue, which says what is wrong with it in one sentence.
ModelPath = Annotated[str, Path(description=f"The model's name; at most {MODEL_MAX_LENGTH} characters.")]
VersionQuery = Annotated[
    int | None, Query(ge=1, le=999_999_999, description="A served version; the stable one without it.")
]
TopKQuery = Annotated[int | None, Query(ge=1, le=1000, description="How many labels to answer, the best first.")]

Responses = dict[int | str, dict[str, Any]]


def problems(*errors: type[TriremeError]) -> Responses:
    """The `responses` of an endpoint that may meet these errors."""
    found: dict[int, list[type[TriremeError]]] = {}
    for error in errors:
        found.setdefault(error.status, []).append(error)
    return {
        status: {"model": Problem, "description": "; ".join(f"`{error.code}`: {error.title}" for error in some)}
        for status, some in sorted(found.items())
    }


COMPUTING = (BodyTooLarge, ModelServerFailed, ModelServerUnavailable, ModelServerTimeout)
"""What may happen wherever the model server is asked."""
