"""The Python client of the gateway's REST API."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from trireme.errors import ClientError, GatewayAway, Refused


class Client:
    """A connection to one gateway, to be used as a context manager; answers are the API's JSON as dictionaries.

    Every method raises `GatewayAway` where no gateway answers and `Refused` where it answers with a problem.
    """

    def __init__(self, url: str, *, api_key: str | None = None, timeout_s: float = 30.0) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else None
        self._http = httpx.Client(base_url=url, timeout=timeout_s, headers=headers)
        self._url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Any request that is answered by a JSON document; `request` is what `httpx.Client.request` takes."""
        return self._json(method, path, **request)

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[str]:
        """The lines of an answer, as they come."""
        with self._reported(), self._http.stream("GET", path, headers=dict(headers)) as response:
            if response.is_error:
                response.read()
            _check(response)
            yield from response.iter_lines()

    def content(self, path: str, *, accept: str) -> bytes:
        """An answer that is a file of the media type `accept`."""
        with self._reported():
            response = self._http.get(path, headers={"Accept": accept})
        _check(response)
        return response.content

    def models(self) -> dict[str, Any]:
        """Every model, as `GET /v1/models` gives it."""
        return self._json("GET", "/v1/models")

    def model(self, model: str) -> dict[str, Any]:
        """One model: schema, labels, metrics, lineage, versions."""
        return self._json("GET", f"/v1/models/{model}")

    def predict(
        self, model: str, picture: bytes, *, version: int | None = None, top_k: int | None = None
    ) -> dict[str, Any]:
        """Predict one encoded picture."""
        return self._json(
            "POST",
            f"/v1/models/{model}/predict",
            params=_given(version=version, top_k=top_k),
            content=picture,
            headers={"Content-Type": "application/octet-stream"},
        )

    def predict_batch(
        self, model: str, pictures: Mapping[str, bytes], *, version: int | None = None, top_k: int | None = None
    ) -> Iterator[str]:
        """Predict many pictures, named; yields one JSON line a picture, in order, as the gateway streams them."""
        files = [("files", (name, body, "application/octet-stream")) for name, body in pictures.items()]
        params = _given(version=version, top_k=top_k)
        with (
            self._reported(),
            self._http.stream("POST", f"/v1/models/{model}/predict/batch", params=params, files=files) as response,
        ):
            if response.is_error:
                response.read()
            _check(response)
            yield from response.iter_lines()

    def predict_rows(self, model: str, document: Mapping[str, Any], *, version: int | None = None) -> dict[str, Any]:
        """Predict rows of a table: `{"row": …}`, `{"rows": …}`, `{"ids": …}` or `{"tables": …}`, perhaps `explain`."""
        path = f"/v1/models/{model}/predict"
        return self._json("POST", path, params=_given(version=version), json=dict(document))

    def predict_file(
        self, model: str, body: Iterable[bytes], *, sent: str, wanted: str, version: int | None = None
    ) -> Iterator[bytes]:
        """Predict the rows of a table's file; `sent` and `wanted` are media types. Yields the answer as it comes."""
        with (
            self._reported(),
            self._http.stream(
                "POST",
                f"/v1/models/{model}/predict/batch",
                params=_given(version=version),
                content=body,
                headers={"Content-Type": sent, "Accept": wanted},
            ) as response,
        ):
            if response.is_error:
                response.read()
            _check(response)
            yield from response.iter_bytes()

    def upload_pictures(
        self, model: str, pictures: Mapping[str, bytes], labels: Mapping[str, str], **terms: str | bool
    ) -> dict[str, Any]:
        """Add labelled pictures as one batch; both mappings are by name.

        `terms` are the API's: `use` (`training` or `evaluation`), `note`, `strict`.
        """
        manifest = json.dumps({"labels": dict(labels)})
        files: list[tuple[str, Any]] = [("manifest", (None, manifest, "application/json"))]
        files += [("picture", (name, body, "application/octet-stream")) for name, body in pictures.items()]
        return self._json("POST", f"/v1/models/{model}/data", params=_given(**terms), files=files)

    def upload_table(
        self, model: str, body: Iterable[bytes], *, sent: str, target: str | None = None, **terms: str | bool
    ) -> dict[str, Any]:
        """Add the labelled rows of a table's file as one batch; `sent` is its media type, `terms` as for pictures."""
        return self._json(
            "POST",
            f"/v1/models/{model}/data",
            params=_given(target=target, **terms),
            content=body,
            headers={"Content-Type": sent},
        )

    def data(self, model: str, *, limit: int | None = None, cursor: str | None = None) -> dict[str, Any]:
        """Uploaded data: counts by label, and a page of batches."""
        return self._json("GET", f"/v1/models/{model}/data", params=_given(limit=limit, cursor=cursor))

    def drift(self, model: str, *, version: int | None = None, window_s: int | None = None) -> dict[str, Any]:
        """How far a version's predictions of the last so many seconds are from what it was trained on."""
        params = _given(version=version, window_s=window_s)
        return self._json("GET", f"/v1/models/{model}/drift", params=params)

    def autoscaling(self, model: str, *, window_s: int | None = None) -> dict[str, Any]:
        """What a model's autoscalers did in the last so many seconds, and why."""
        return self._json("GET", f"/v1/models/{model}/autoscaling", params=_given(window_s=window_s))

    def withdraw(self, model: str, batch: str, *, erase: bool = False) -> dict[str, Any]:
        """Make a batch count no more; with `erase`, delete its files too."""
        return self._json("DELETE", f"/v1/models/{model}/data/{batch}", params=_given(erase=erase))

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        with self._reported():
            response = self._http.request(method, path, **request)
        _check(response)
        answer: dict[str, Any] = response.json()
        return answer

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise GatewayAway(f"The gateway at {self._url} didn't answer in time.") from error
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            raise GatewayAway("The gateway broke the answer off.") from error
        except httpx.TransportError as error:
            raise GatewayAway(f"No gateway answers at {self._url}; start one with: trireme serve") from error


def _given(**parameters: int | str | None) -> dict[str, int | str]:
    return {name: value for name, value in parameters.items() if value is not None}


def _check(response: httpx.Response) -> None:
    if not response.is_error:
        return
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        problem = response.json()
        raise Refused(
            status=problem["status"], code=problem["code"], detail=problem["detail"], refused=problem.get("refused")
        )
    raise ClientError(f"The gateway answered with status {response.status_code}.")
