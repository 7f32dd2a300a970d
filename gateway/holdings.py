"""Which versions the replicas have loaded, asked of themselves, where not every replica has the same ones.

A pod of a cluster serves one version for as long as it lives. So a request goes where its version is, and what counts
as served is what a replica was seen to have, whatever Kubernetes or another gateway says at the moment.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import grpc.aio

from contract.names import ModelVersion, parse_triton_name
from contract.repository import ModelRepository
from contract.served import Served, ServedModel
from gateway.replicas import NOTHING, Replica, ReplicaPool
from gateway.rollout.traffic import Traffic
from gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

ASK_S = 1.0
"""Seconds for a replica to say whether it has a version."""
MAX_SILENCES = 3
"""A replica that says nothing so often in a row is believed to have nothing."""


class Holdings:
    """Notes what each replica of a pool has, looking each `interval_s` seconds, and says what is served so."""

    def __init__(self, repository: Path, *, interval_s: float) -> None:
        self._repository = ModelRepository(repository)
        self._interval_s = interval_s
        self._pool: ReplicaPool | None = None
        self._addresses: tuple[str, ...] | None = None
        """The replicas of now; None: those that the pool began with."""
        self._changed = asyncio.Event()
        self._traffic: Mapping[str, Traffic] = {}
        self._stable: dict[str, int] = {}
        """The version of each model that was last known here to be stable and able to answer."""

    async def attach(self, pool: ReplicaPool) -> None:
        """Ask these replicas from now on, a first time at once."""
        self._pool = pool
        await self.refresh()

    def set_traffic(self, traffic: Mapping[str, Traffic]) -> None:
        """Take what is to answer from now on."""
        self._traffic = traffic

    def set_addresses(self, addresses: Iterable[str]) -> None:
        """Take these replicas from now on, and ask new ones soon; those that leave stay until that is done.

        A pod is replaced at one look, and nobody knows yet what the new one has; the old one still serves for a while.
        """
        self._addresses = tuple(addresses)
        if self._pool is not None:
            self._pool.set_addresses((*self._addresses, *(one.address for one in self._pool.everyone())))
        self._changed.set()

    async def follow(self) -> None:
        """Refresh for ever; to be cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._changed.wait()
            self._changed.clear()
            await self.refresh()

    async def refresh(self) -> None:
        """Ask every replica once; one that doesn't answer is believed for a while to have what it had. Never fails."""
        try:
            published = [name.triton_name for name in await asyncio.to_thread(self._repository.all_versions)]
        except OSError:
            published = []
        addresses = self._addresses
        await asyncio.gather(*(_note(replica, published) for replica in self._replicas()))
        if self._pool is not None and addresses is not None and addresses == self._addresses:
            self._pool.set_addresses(addresses)

    def served(self) -> Served:
        """What is loaded here, and which version answers callers who name none."""
        held: dict[str, set[int]] = {model: set() for model in self._traffic}
        for name in self.names():
            held.setdefault(name.model, set()).add(name.version)
        found = {model: self._served(model, versions) for model, versions in held.items()}
        return Served(models={model: one for model, one in found.items() if one is not None})

    def names(self) -> set[ModelVersion]:
        """Every version that a replica has."""
        return {name for replica in self._replicas() for name in _versions(replica)}

    def has_everywhere(self, name: ModelVersion, among: Collection[int]) -> bool:
        """Whether a version is loaded, and every replica has one of the versions `among` that its model is to have."""
        wanted = {ModelVersion(name.model, version).triton_name for version in among}
        replicas = self._replicas()
        # One that was not asked yet, or has an older version, may be the next to get a request.
        strange = [one for one in replicas if not _is_of_another(one, name.model) and not wanted & set(one.holds or ())]
        return not strange and any(name.triton_name in (one.holds or ()) for one in replicas)

    def count(self, name: ModelVersion) -> int:
        """How many replicas have a version."""
        return sum(name.triton_name in (one.holds or ()) for one in self._replicas())

    def _served(self, model: str, held: set[int]) -> ServedModel | None:
        stable = self._stable_of(model, held)
        if stable is None:
            return None
        self._stable[model] = stable
        return ServedModel(stable=stable, versions=tuple(sorted(held | {stable})))

    def _stable_of(self, model: str, held: set[int]) -> int | None:
        """What the traffic says; while that was not seen here yet, the version that was stable before."""
        known = self._stable.get(model)
        wanted = self._traffic[model].stable.version if model in self._traffic else None
        if wanted is not None and (wanted in held or known not in held):
            return wanted
        return known if known in held else max(held, default=None)

    def _replicas(self) -> tuple[Replica, ...]:
        return () if self._pool is None else self._pool.everyone()


def holdings_of(settings: GatewaySettings) -> Holdings | None:
    """What asks replicas, where models have slots; None where every replica has every served version."""
    if settings.rollout_slots is None or settings.rollout == "off":
        return None
    return Holdings(settings.repository, interval_s=settings.discovery_interval_s)


def _versions(replica: Replica) -> list[ModelVersion]:
    found = map(parse_triton_name, replica.holds or ())
    return [name for name in found if name is not None]


def _is_of_another(replica: Replica, model: str) -> bool:
    names = _versions(replica)
    return bool(names) and all(name.model != model for name in names)


async def _note(replica: Replica, published: Collection[str]) -> None:
    had = frozenset(replica.holds or NOTHING)
    try:
        # Where it still has what it had, nothing else is asked: a pod serves one version.
        holds = await _held(replica, had) or await _held(replica, published)
    except grpc.aio.AioRpcError:
        replica.silences += 1
        if replica.silences >= MAX_SILENCES:
            replica.holds = NOTHING
        return
    replica.silences, replica.holds = 0, holds
    if holds != had:
        log.info("the replica %s has %s", replica.address, ", ".join(sorted(holds)) or "no version")


async def _held(replica: Replica, names: Collection[str]) -> frozenset[str]:
    answers = await asyncio.gather(*(replica.is_ready(name, ASK_S) for name in names))
    return frozenset(name for name, has in zip(names, answers, strict=True) if has)
