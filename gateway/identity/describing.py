"""The OpenAPI document says of each operation what the table of access says."""

from typing import Any

from gateway.identity.access import RULES, Open
from gateway.identity.errors import Forbidden, Unauthenticated
from gateway.problems import form_of

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `POST /v1/auth/token`, or an API key."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe(document: dict[str, Any]) -> None:
    """Add to each operation what it needs, and how it is refused."""
    document.setdefault("components", {})["securitySchemes"] = SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            need = RULES.get((method.upper(), path))
            if need is Open.PUBLIC:
                operation["security"] = []
                continue
            operation["security"] = [{name: []} for name in SCHEMES]
            operation["responses"].setdefault("401", _response(path, Unauthenticated.code, Unauthenticated.title))
            operation["responses"].setdefault("503", _response(path, "retry-later", "Who calls can't be found out now"))
            if not isinstance(need, Open) and need is not None:
                title = f"The caller lacks the permission `{need.value}`"
                operation["responses"].setdefault("403", _response(path, Forbidden.code, title))


def _response(path: str, code: str, title: str) -> dict[str, Any]:
    form, media_type = form_of(path)
    schema = {"$ref": f"#/components/schemas/{form.__name__}"}
    return {"description": f"`{code}`: {title}", "content": {media_type: {"schema": schema}}}
