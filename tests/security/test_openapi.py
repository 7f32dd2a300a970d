"""Whatever is sent to whatever endpoint, the answer is one that the OpenAPI document tells of."""

from collections import Counter
from contextlib import suppress
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

EXAMPLES = 12
MODELS = ("tiny", "credit", None)
"""The models that there are, or whatever the case names: else nearly every case ends at its name."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def test_every_answer_to_right_and_wrong_requests_is_documented(port: int) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
    statuses: Counter[int] = Counter()
    with requests.Session() as session:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            for mode in GenerationMode:
                # Nothing can be wrong with a request that takes no parameters.
                with suppress(Unsatisfiable):
                    _probe(found.ok().as_strategy(generation_mode=mode), session, statuses)
    assert set(statuses) >= {200, 404, 422}, "the cases are all alike"


def _probe(cases: Any, session: requests.Session, statuses: "Counter[int]") -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )
    @given(case=cases, model=st.sampled_from(MODELS))
    def probe(case: schemathesis.Case[Any], model: str | None) -> None:
        if model is not None and "model" in case.path_parameters:
            case.path_parameters["model"] = model
        statuses[case.call_and_validate(session=session, checks=CHECKS).status_code] += 1

    probe()
