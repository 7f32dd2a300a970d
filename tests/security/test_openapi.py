"""Whatever is sent to whatever endpoint, the answer is one that the OpenAPI document tells of."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from gateway.app import create_app
from tests.security.conftest import FirstLabelServer
from tests.unit.gateway import rig
from tests.unit.identity.rig import PASSWORD, bearer, files

EXAMPLES = 8
MODELS = ("tiny", "credit", None)
"""The models that there are, or whatever the case names: else nearly every case ends at its name."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def is_of_accounts(path: str) -> bool:
    return path.startswith(("/v1/auth", "/v1/users", "/v1/keys"))


@pytest.fixture(scope="module")
def asking(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gateway that asks who calls."""
    wanted = rig.settings(repository, **files(tmp_path_factory.mktemp("accounts")))
    with rig.listening(create_app(wanted, open_model_server=rig.opened(FirstLabelServer())), wanted) as port:
        yield port


def test_every_answer_where_nobody_is_asked_is_documented(port: int) -> None:
    assert probe(port, {}, lambda path: not is_of_accounts(path)) >= {200, 404, 422}


def test_every_answer_to_an_admin_is_documented(asking: int) -> None:
    login = {"username": "admin", "password": PASSWORD}
    answer = httpx.post(f"http://127.0.0.1:{asking}/v1/auth/token", json=login, timeout=60)
    assert probe(asking, bearer(answer.json()["access_token"]), is_of_accounts) >= {200, 404, 422}


def probe(port: int, headers: dict[str, str], wanted: Callable[[str], bool]) -> set[int]:
    """Send right and wrong requests to every operation whose path is wanted; gives the answers' status codes."""
    document = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json", headers=headers, timeout=60)
    statuses: Counter[int] = Counter()
    with requests.Session() as session:
        for found in document.get_all_operations():
            assert isinstance(found, Ok), found
            if wanted(found.ok().path):
                for mode in GenerationMode:
                    # Nothing can be wrong with a request that takes no parameters.
                    with suppress(Unsatisfiable):
                        send(found.ok().as_strategy(generation_mode=mode), session, headers, statuses)
    return set(statuses)


def send(cases: Any, session: requests.Session, headers: dict[str, str], statuses: "Counter[int]") -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )
    @given(case=cases, model=st.sampled_from(MODELS))
    def check(case: schemathesis.Case[Any], model: str | None) -> None:
        if model is not None and "model" in case.path_parameters:
            case.path_parameters["model"] = model
        # Who has no patience at all gets 504, and rightly.
        case.headers.pop("X-Request-Timeout", None)
        answer = case.call_and_validate(session=session, headers=headers, checks=CHECKS, timeout=60)
        statuses[answer.status_code] += 1

    check()
