"""One gateway at a time keeps the rollouts: it makes the world match the traffic, and moves versions on."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping

from contract.errors import TriremeError
from contract.served import Served, ServedModel
from gateway.catalogue import Catalogue, Model
from gateway.faults import log_fault
from gateway.rollout.actions import Action, By
from gateway.rollout.errors import LeaseLost, RolloutConflict
from gateway.rollout.holding import Holding
from gateway.rollout.keeping import ModelKeeper
from gateway.rollout.metrics import RolloutMetrics
from gateway.rollout.settings import RolloutSettings
from gateway.rollout.store import RolloutStore
from gateway.rollout.traffic import Traffic
from gateway.rollout.world import World, wanted

log = logging.getLogger(__name__)

LEASE = "keeper"
"""Its name."""


class Keeper:
    """The background work of one gateway; it does nothing while another one has the lease."""

    def __init__(
        self,
        *,
        holding: Holding,
        store: RolloutStore,
        catalogue: Callable[[], Catalogue],
        world: World,
        models: ModelKeeper,
        settings: RolloutSettings,
        metrics: RolloutMetrics,
        changed: Callable[[], Awaitable[None]],
        prepare: Callable[[], Awaitable[None]],
    ) -> None:
        self._holding = holding
        self._store = store
        self._catalogue = catalogue
        self._world = world
        self._models = models
        self._settings = settings
        self._metrics = metrics
        self._changed = changed
        self._prepare = prepare
        self._is_prepared = False
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look at intervals, until `stop`; then give the lease back."""
        while not self._stopping.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.rollout_interval_s):
                    await self._stopping.wait()
        await self._holding.give_back()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    async def look(self) -> None:
        """Do what is due, where this gateway has the lease; never fails."""
        try:
            if not self._is_prepared:
                # Where the database was away at the start, its schema may still be an older program's.
                await self._prepare()
                self._is_prepared = True
            await self._holding.take()
            self._metrics.keeper.set(self._holding.is_held)
            if self._holding.is_held:
                # A look takes as long as the golden examples of a large version do.
                async with self._holding.prolonged():
                    await self._keep(await self._store.all())
        except TriremeError as error:
            self._holding.lose()
            self._metrics.keeper.set(0)
            log.debug("rollouts can't be kept now: %s", error.code)
        except OSError as error:
            log.warning("the list of served versions can't be written: %s", error.strerror)
        except Exception as error:  # noqa: BLE001 - the next look may succeed
            log_fault(error, "-")

    def _make(self, served: Served) -> None:
        # Here, in the thread that writes: no fencing token goes with what is written to the world.
        self._holding.check()
        self._world.apply(served)

    async def _keep(self, traffic: Mapping[str, Traffic]) -> None:
        models = self._catalogue().published()
        found = ((model.name, self._wanted(model, traffic.get(model.name))) for model in models)
        served = Served(models={name: one for name, one in found if one is not None})
        await asyncio.to_thread(self._make, served)
        for model in models:
            if self._stopping.is_set():
                return
            await self._tried(model, traffic.get(model.name))

    def _wanted(self, model: Model, traffic: Traffic | None) -> ServedModel | None:
        first, world = self._models.first(model), self._world
        return wanted(model, traffic, first=first, keep=world.keep, places=world.places)

    async def _tried(self, model: Model, traffic: Traffic | None) -> None:
        try:
            await self._models.keep(model, traffic, self._apply)
        except LeaseLost:
            raise
        except RolloutConflict:
            log.debug("the traffic of model %s was changed meanwhile", model.name)
        except TriremeError as error:
            log.warning("the rollout of model %s can't go on now: %s", model.name, error.detail)
        except Exception as error:  # noqa: BLE001 - one model's trouble is not the others'
            log_fault(error, "-")

    async def _apply(self, model: str, revision: int, action: Action, by: By) -> Traffic:
        traffic, change = await self._store.apply(model, action, by, revision=revision, lease=self._holding.check())
        self._metrics.transitions.labels(model, change.action).inc()
        log.info("model %s: %s of version %s by %s", model, change.action, change.version, by.who)
        await self._changed()
        return traffic
