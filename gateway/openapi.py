"""The OpenAPI document: FastAPI's, with the media type of problems put right."""

from typing import Any

from fastapi import FastAPI

from gateway.answers import Readiness
from gateway.identity import describing
from gateway.limits.documented import document_rates
from gateway.problems import MEDIA_TYPE, is_open_inference

READINESS = f"#/components/schemas/{Readiness.__name__}"


class DocumentedApp(FastAPI):
    """A FastAPI app whose errors are described as `application/problem+json`, but for those under `/v2`."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path, operations in document["paths"].items():
                if not is_open_inference(path):
                    for operation in operations.values():
                        _correct(operation["responses"])
            document_rates(document)
            describing.describe(document)
        return super().openapi()


def _correct(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        for content in list(response.get("content", {}).values()):
            if int(status) >= 400 and content["schema"].get("$ref") != READINESS:
                response["content"] = {MEDIA_TYPE: content}
