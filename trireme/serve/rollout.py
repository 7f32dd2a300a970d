"""Which versions are served on a laptop, written into `served.json`.

With rollouts, the gateway's keeper says it, by the traffic in the database; from the start until then, what was served
last is served on. Without them, it is the newest few of each model, the newest being stable: a version that is new
becomes stable when the model server has it, so that callers never wait for its loading.
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
    """Keeps `served.json` in step with the repository while it is started, in a thread of its own.

    Where it `obeys`, it decides only about models that were not served yet, and a gateway says the rest: it is the
    `World` of the gateway's rollouts then.
    """

    places: int | None = None

    def __init__(self, settings: TriremeSettings, *, interval_s: float = 1.0, obeys: bool = False) -> None:
        self._settings = settings
        self._repository = ModelRepository(settings.repository)
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rollout", daemon=True)
        self._is_ready: IsReady | None = None
        self._were_ready: set[ModelVersion] = set()
        self._obeys = obeys
        self.keep = settings.served_versions
        self._at_start = self._still_there() if obeys else Served()

    def __enter__(self) -> Served:
        with state_errors(self._settings.state_dir):
            served = self.step()
        if not self._obeys:
            self._thread.start()
        return served

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if not self._obeys:
            self._thread.join()

    def wait_for(self, is_ready: IsReady) -> None:
        """From now on let no version become stable that was never ready; one that heals stays what it is."""
        self._is_ready = is_ready

    def step(self) -> Served:
        """Decide once, and write where the decision is new."""
        asked = None if self._is_ready is None else self._was_ready
        served = decide(self._repository, self._settings.served_versions, asked)
        served = Served(models={**served.models, **self._at_start.models})
        self._write(served)
        return served

    def apply(self, wanted: Served) -> None:
        """Have these versions loaded; raises `OSError`."""
        self._write(wanted)

    def is_ready(self, name: ModelVersion) -> bool:
        """Whether the model server has a version; nobody can say before `wait_for`."""
        return self._is_ready is not None and self._is_ready(name)

    def _write(self, served: Served) -> None:
        if served != self._written():
            served.write(self._settings.served)

    def _still_there(self) -> Served:
        """What was served last, as far as it is in the repository."""
        written, found = self._written() or Served(), {}
        for name, model in written.models.items():
            there = {*self._repository.versions(name)} & {*model.versions}
            if model.stable in there:
                found[name] = ServedModel(stable=model.stable, versions=tuple(sorted(there)))
        return Served(models=found)

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
