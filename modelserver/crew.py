"""The keepers of one server: one for each version that is to be served."""

from collections.abc import Set as AbstractSet

from contract.names import ModelVersion
from contract.repository import ModelRepository
from modelserver.host import Host
from modelserver.keeper import Keeper
from modelserver.settings import ModelServerSettings
from modelserver.status import State, VersionStatus

DROP_S = 1.0


class Crew:
    """Makes a server hold the versions that are wanted."""

    def __init__(self, host: Host, settings: ModelServerSettings) -> None:
        self._host = host
        self._settings = settings
        self._repository = ModelRepository(settings.repository.absolute())
        self._keepers: dict[ModelVersion, Keeper] = {}

    def follow(self, wanted: AbstractSet[ModelVersion]) -> None:
        """Begin to load what is missing and to unload what is not wanted any more; to be called again and again.

        A version leaves only when all wanted versions of its model answer: a new version that fails to load leaves the
        old one where it is, and a change of mind finds it warm.
        """
        self._keepers = {name: keeper for name, keeper in self._keepers.items() if not keeper.is_done()}
        for name in wanted - self._keepers.keys():
            self._keepers[name] = self._keeper(name)
        for name in self._keepers.keys() - wanted:
            if self._is_replaced(name, wanted):
                self._keepers[name].leave()

    def statuses(self) -> dict[ModelVersion, VersionStatus]:
        """The state of every version that is in the server or on its way."""
        return {name: keeper.status for name, keeper in list(self._keepers.items()) if not keeper.is_leaving()}

    def dismiss(self) -> None:
        """End all keepers, because the server ends; nothing is unloaded."""
        for keeper in self._keepers.values():
            keeper.drop()
        # A keeper inside a long call ends when the server does.
        for keeper in self._keepers.values():
            keeper.join(DROP_S)

    def _is_replaced(self, name: ModelVersion, wanted: AbstractSet[ModelVersion]) -> bool:
        successors = [self._keepers[other] for other in wanted if other.model == name.model]
        return all(keeper.status.state is State.READY and not keeper.is_leaving() for keeper in successors)

    def _keeper(self, name: ModelVersion) -> Keeper:
        return Keeper(name, repository=self._repository, host=self._host, settings=self._settings)
