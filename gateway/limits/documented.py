"""What the OpenAPI document says about rate limits."""

from typing import Any

from gateway.limits.errors import RateLimited
from gateway.limits.policy import is_exempt
from gateway.problems import form_of

HEADERS = {
    "RateLimit-Policy": {"description": "The caller's rates.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of them.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds until a request is taken.", "schema": {"type": "integer"}},
}


def document_rates(document: dict[str, Any]) -> None:
    """Add the refusal to every operation that is limited."""
    sentence = f"`{RateLimited.code}`: {RateLimited.title}"
    for path, operations in document["paths"].items():
        if is_exempt(path):
            continue
        for operation in operations.values():
            found = operation["responses"].setdefault("429", {"content": _content(path)})
            known = found.get("description")
            found["description"] = f"{known}; {sentence}" if known else sentence
            found["headers"] = HEADERS


def _content(path: str) -> dict[str, Any]:
    form, media_type = form_of(path)
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{form.__name__}"}}}
