"""How endpoints describe themselves in the OpenAPI document."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel

from contract.errors import TriremeError
from contract.names import MODEL_MAX_LENGTH
from gateway.errors import BodyTooLarge, ModelServerFailed, ModelServerTimeout, ModelServerUnavailable, ModelWaking
from gateway.problems import Problem

# The name's rule is checked by the catalogue, which says what is wrong with it in one sentence.
ModelPath = Annotated[str, Path(description=f"The model's name; at most {MODEL_MAX_LENGTH} characters.")]
VersionQuery = Annotated[
    int | None, Query(ge=1, le=999_999_999, description="A served version; without it, the stable one or the canary.")
]
TopKQuery = Annotated[int | None, Query(ge=1, le=1000, description="How many labels to answer, the best first.")]

Responses = dict[int | str, dict[str, Any]]


def problems(*errors: type[TriremeError], form: type[Problem] = Problem) -> Responses:
    """The `responses` of an endpoint that may meet these errors."""
    found: dict[int, list[type[TriremeError]]] = {}
    for error in errors:
        found.setdefault(error.status, []).append(error)
    return {
        status: {"model": form, "description": "; ".join(f"`{error.code}`: {error.title}" for error in some)}
        for status, some in sorted(found.items())
    }


def document(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a JSON document that FastAPI doesn't read itself; in one piece, because it lies inside another."""
    schema = model.model_json_schema()
    found: dict[str, Any] = _in_one_piece(schema, schema.pop("$defs", {}))
    return found


def _in_one_piece(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_in_one_piece(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _in_one_piece(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _in_one_piece(item, definitions) for name, item in part.items()}


COMPUTING = (BodyTooLarge, ModelServerFailed, ModelServerUnavailable, ModelServerTimeout, ModelWaking)
"""What may happen wherever the model server is asked."""
