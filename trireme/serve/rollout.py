"""Which versions are served on a laptop without a database: the newest few of each model, the newest being stable."""

import logging
import threading

from contract.errors import TriremeError
from contract.repository import ModelRepository
from contract.served import Served, ServedModel
from trireme.serve.guards import state_errors
from trireme.settings import TriremeSettings

log = logging.getLogger(__name__)


def decide(repository: ModelRepository, keep: int) -> Served:
    """What should be served: the `keep` newest versions of each model."""
    newest = {model: tuple(repository.versions(model)[-keep:]) for model in repository.models()}
    return Served(models={name: ServedModel(stable=some[-1], versions=some) for name, some in newest.items()})


class Rollout:
    """Keeps `served.json` in step with the repository while it is started, in a thread of its own."""

    def __init__(self, settings: TriremeSettings, *, interval_s: float = 1.0) -> None:
        self._settings = settings
        self._repository = ModelRepository(settings.repository)
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rollout", daemon=True)

    def __enter__(self) -> Served:
        with state_errors(self._settings.state_dir):
            served = self.step()
        self._thread.start()
        return served

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def step(self) -> Served:
        """Decide once, and write where the decision is new."""
        served = decide(self._repository, self._settings.served_versions)
        if served != self._written():
            served.write(self._settings.served)
        return served

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
