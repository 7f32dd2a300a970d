"""Callers of the gateway."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx

from tests.cluster.serving.pictures import Picture, Published


@dataclass(frozen=True)
class Access:
    """A way to a gateway, and the key that opens it."""

    address: str
    key: str

    def client(self) -> httpx.Client:
        """A client that shows the key, and is somebody of its own to rollouts."""
        headers = {"X-API-Key": self.key, "X-Request-Key": uuid4().hex}
        return httpx.Client(base_url=f"http://{self.address}", timeout=30, headers=headers)


class Caller:
    """One caller of one model, over one connection."""

    def __init__(self, client: httpx.Client, published: Published) -> None:
        self._client = client
        self._pictures = published.pictures
        self._url = f"/v1/models/{published.name.model}/predict"

    def predict(self, picture: Picture) -> httpx.Response:
        """Send a picture as it is; the answer has every label."""
        headers = {"Content-Type": "image/png"}
        return self._client.post(self._url, params={"top_k": 1000}, content=picture.data, headers=headers)

    def succeeds(self) -> bool:
        """Whether the first picture gets an answer."""
        return self.predict(self._pictures[0]).is_success

    def probabilities(self, picture: Picture) -> dict[str, float]:
        """The probabilities by label; raises `httpx.HTTPStatusError` where the answer is an error."""
        answer = self.predict(picture).raise_for_status().json()
        return {entry["label"]: entry["probability"] for entry in answer["top_k"]}


def history(client: httpx.Client) -> set[str]:
    """The ids of the newest predictions that the log holds."""
    found = client.get("/v1/predictions", params={"limit": 1000}).raise_for_status().json()
    return {prediction["id"] for prediction in found["predictions"]}


@contextmanager
def calling(access: Access, published: Published) -> Iterator[Caller]:
    """A caller of the gateway."""
    with access.client() as client:
        yield Caller(client, published)


class Traffic:
    """What callers who never stop got: how many answers of each kind."""

    def __init__(self, access: Access, published: Published) -> None:
        self.outcomes: Counter[str] = Counter()
        self._access = access
        self._published = published
        self._ended = threading.Event()

    def failures(self) -> dict[str, int]:
        """Everything but good answers, with its number."""
        return {outcome: count for outcome, count in self.outcomes.items() if outcome != "200"}

    def run(self) -> None:
        """Call until the end, one request after the other."""
        with calling(self._access, self._published) as caller:
            while not self._ended.is_set():
                for picture in self._published.pictures:
                    self.outcomes[_outcome(caller, picture)] += 1

    def end(self) -> None:
        """Let every caller finish its round."""
        self._ended.set()


@contextmanager
def traffic(access: Access, published: Published, *, callers: int = 8) -> Iterator[Traffic]:
    """Callers in the background, from the first answer on."""
    found = Traffic(access, published)
    threads = [threading.Thread(target=found.run, daemon=True) for _ in range(callers)]
    for thread in threads:
        thread.start()
    try:
        _wait_for_answer(found)
        yield found
    finally:
        found.end()
        for thread in threads:
            thread.join()


def _wait_for_answer(found: Traffic) -> None:
    deadline = time.monotonic() + 30
    while not found.outcomes and time.monotonic() < deadline:
        time.sleep(0.05)


def _outcome(caller: Caller, picture: Picture) -> str:
    try:
        response = caller.predict(picture)
    except httpx.HTTPError as error:
        return type(error).__name__
    return str(response.status_code) if response.is_success else f"{response.status_code} {response.text}"
