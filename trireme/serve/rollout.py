"""Which versions are served on a laptop without a database: the newest few of each model, the newest being stable.

A version that is new becomes stable when the model server has it: callers never wait for its loading.
"""

import logging
import threading
from collections.abc import Callable

from contract.errors import TriremeError
from contract.names import ModelVersion
from contract.repository import ModelRepository
from contract.served import Served, ServedModel
from trireme.serve.guards import state_errors
from trireme.settings import TriremeSettings

log = logging.getLogger(__name__)


IsReady = Callable[[ModelVersion], bool]


def decide(repository: ModelRepository, keep: int, is_ready: IsReady | None = None) -> Served:
    """What should be served: the `keep` newest versions of each model, and the one that is stable.

    That is the newest one that is ready, or, where none is or nobody can say, the newest.
    """
    return Served(
        models={model: _decide(model, repository.versions(model), keep, is_ready) for model in repository.models()}
    )


def _decide(model: str, versions: list[int], keep: int, is_ready: IsReady | None) -> ServedModel:
    ready = [version for version in versions if is_ready is not None and is_ready(ModelVersion(model, version))]
    stable = max(ready, default=versions[-1])
    return ServedModel(stable=stable, versions=tuple(sorted({*versions[-keep:], stable})))


class Rollout:
    """Keeps `served.json` in step with the repository while it is started, in a thread of its own."""

    def __init__(self, settings: TriremeSettings, *, interval_s: float = 1.0) -> None:
        self._settings = settings
        self._repository = ModelRepository(settings.repository)
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rollout", daemon=True)
        self._is_ready: IsReady | None = None
        self._were_ready: set[ModelVersion] = set()

    def __enter__(self) -> Served:
        with state_errors(self._settings.state_dir):
            served = self.step()
        self._thread.start()
        return served

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def wait_for(self, is_ready: IsReady) -> None:
        """From now on let no version become stable that was never ready; one that heals stays what it is."""
        self._is_ready = is_ready

    def step(self) -> Served:
        """Decide once, and write where the decision is new."""
        asked = None if self._is_ready is None else self._was_ready
        served = decide(self._repository, self._settings.served_versions, asked)
        if served != self._written():
            served.write(self._settings.served)
        return served

    def _was_ready(self, name: ModelVersion) -> bool:
        if self._is_ready is not None and self._is_ready(name):
            self._were_ready.add(name)
        return name in self._were_ready

    def _written(self) -> Served | None:
        try:
            return Served.read(self._settings.served)
        except TriremeError:
            return None

    def _follow(self) -> None:
        while not self._stopping.wait(self._interval_s):
            try:
                self.step()
            except OSError as error:
                # A full disk, say: what is served goes on being served, and the next step tries again.
                log.warning("the list of served versions can't be written: %s", error.strerror)
