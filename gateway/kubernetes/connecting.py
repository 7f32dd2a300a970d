"""A connection to the Kubernetes API by the official client, which is heavy: import this module's parts, not that.

Only what lies below its models is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.kubernetes.errors import ApiAway
from gateway.kubernetes.place import Place

BEARER = ["BearerToken"]


@dataclass(frozen=True)
class Question:
    """A request."""

    method: str
    path: str
    """With `{…}` for names."""
    names: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """What becomes JSON; bytes go as they are."""
    content_type: str = "application/json"


class Connection:
    """Sends requests with the account's credentials; safe for several threads."""

    def __init__(self, client: Any, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    def ask(self, question: Question, *, limit: int) -> tuple[int, bytes]:
        """Status and content, of which at most `limit` bytes. Raises `ApiAway`."""
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - heavy
        from kubernetes.config import ConfigException  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            return self._answer(question, limit)
        except (ApiException, ConfigException, HTTPError, OSError) as error:
            # ApiException: what TLS refused.
            raise ApiAway(type(error).__name__) from None

    def close(self) -> None:
        """End it."""
        self._client.rest_client.close()

    def _answer(self, question: Question, limit: int) -> tuple[int, bytes]:
        request = self._client.param_serialize(
            method=question.method,
            resource_path=question.path,
            path_params=dict(question.names),
            query_params=list(question.query.items()),
            header_params={"Accept": "application/json, */*", "Content-Type": question.content_type},
            body=question.body,
            auth_settings=BEARER,
        )
        answer = self._client.call_api(*request, _request_timeout=(self._timeout_s, self._timeout_s)).response
        try:
            return answer.status, answer.read(limit)
        finally:
            answer.close()


def connect(place: Place, timeout_s: float) -> Connection:
    """Read the credentials; nothing is asked yet. Raises `ApiAway`."""
    import kubernetes.config  # noqa: PLC0415 - heavy
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415

    configuration: Any = Configuration()
    reading: Any = kubernetes.config
    # Another try is the caller's own; one here would multiply the time that a look takes.
    configuration.retries = False
    try:
        if place.kubeconfig is None:
            reading.load_incluster_config(configuration)
        else:
            reading.load_kube_config(str(place.kubeconfig), client_configuration=configuration, persist_config=False)
    except (reading.ConfigException, OSError) as error:
        raise ApiAway(type(error).__name__) from None
    return Connection(ApiClient(configuration), timeout_s)
