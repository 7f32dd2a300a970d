"""Requests to Kubernetes by the official client; answers stay the JSON that they are."""

import json
from pathlib import Path
from typing import Any

from loadtest.errors import ClusterAway

Raw = dict[str, Any]
TIMEOUT_S = 10.0
NOT_FOUND = 404
MERGE = "application/merge-patch+json"


class KubernetesApi:
    """One namespace of a cluster; all requests raise `ClusterAway`."""

    def __init__(self, kubeconfig: Path | None, namespace: str) -> None:
        import kubernetes  # noqa: PLC0415 - heavy

        configuration: Any = kubernetes.client.Configuration()
        try:
            kubernetes.config.load_config(  # type: ignore[no-untyped-call]
                config_file=None if kubeconfig is None else str(kubeconfig), client_configuration=configuration
            )
        except (kubernetes.config.ConfigException, OSError) as error:
            raise ClusterAway(f"It isn't known how to reach Kubernetes: {error}") from None
        self._client: Any = kubernetes.client.ApiClient(configuration)
        self._namespace = namespace

    def get(self, path: str, **query: str) -> Raw:
        """An object, or a list of them; `{namespace}` in the path is filled in."""
        status, content = self._ask("GET", path, query, None)
        return _checked(status, content, path)

    def find(self, path: str, **query: str) -> Raw | None:
        """The same; None where there is none, or nobody answers for such objects."""
        status, content = self._ask("GET", path, query, None)
        return None if status == NOT_FOUND or status >= 500 else _checked(status, content, path)

    def patch(self, path: str, body: Raw) -> Raw:
        """Change an object by a merge patch."""
        status, content = self._ask("PATCH", path, {}, body)
        return _checked(status, content, path)

    def close(self) -> None:
        """End the connections."""
        self._client.rest_client.pool_manager.clear()

    def _ask(self, method: str, path: str, query: dict[str, str], body: Raw | None) -> tuple[int, bytes]:
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - heavy
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        request = self._client.param_serialize(
            method=method,
            resource_path=path,
            path_params={"namespace": self._namespace},
            query_params=list(query.items()),
            header_params={"Accept": "application/json", "Content-Type": MERGE},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=(TIMEOUT_S, TIMEOUT_S)).response
            return answer.status, answer.read()
        except (ApiException, HTTPError, OSError) as error:
            raise ClusterAway(f"Kubernetes doesn't answer: {type(error).__name__}.") from None


def _checked(status: int, content: bytes, path: str) -> Raw:
    try:
        found: Raw = json.loads(content)
    except ValueError:
        raise ClusterAway(f"Kubernetes answered {path} with what is no JSON.") from None
    if status >= 300:
        raise ClusterAway(f"Kubernetes refused {path}: {found.get('message', status)}")
    return found
