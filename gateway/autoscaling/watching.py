"""Looking at autoscalers again and again, and keeping what was seen."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Sequence

from gateway.autoscaling.api import AutoscalerApi
from gateway.autoscaling.decisions import Event
from gateway.autoscaling.errors import AutoscalerUnseen
from gateway.autoscaling.reading import Reading
from gateway.faults import log_fault
from gateway.kubernetes.errors import ApiAway, ApiRefused

WORKLOAD = r"-[ab]-predictor"
"""What follows a model's name in the Deployment that KServe makes of a slot."""


class AutoscalerWatch:
    """What this gateway saw of its namespace's autoscalers, since its start and for some time."""

    def __init__(self, api: AutoscalerApi, *, interval_s: float, kept_s: float) -> None:
        self._api = api
        self._interval_s = interval_s
        self._kept_s = kept_s
        self._seen: dict[str, deque[Reading]] = {}
        self._is_blind = False
        """Whether the last look failed; it is logged once."""
        self.since: float | None = None
        """The first look that succeeded, in seconds since 1970."""

    async def follow(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look, time.time())
            except (ApiAway, ApiRefused, KeyError, TypeError, ValueError) as error:
                if not self._is_blind:
                    log_fault(error, "-")
                self._is_blind = True
            await asyncio.sleep(self._interval_s)

    def look(self, now: float) -> None:
        """Look once; raises `ApiAway`, `ApiRefused`, and what `Reading.of` raises."""
        readings = [Reading.of(now, one) for one in self._api.autoscalers()]
        there = {one.name for one in readings}
        for gone in self._seen.keys() - there:
            del self._seen[gone]
        for one in readings:
            self._keep(one)
        self._is_blind = False
        self.since = self.since or now

    def readings(self, model: str) -> Sequence[Sequence[Reading]]:
        """Of each autoscaler of a model; empty where nothing scales it. Raises `AutoscalerUnseen`."""
        if self.since is None:
            raise AutoscalerUnseen("Kubernetes couldn't be asked about autoscalers yet; the gateway's log says why.")
        workload = re.compile(re.escape(model) + WORKLOAD)
        return [list(seen) for seen in self._seen.values() if workload.fullmatch(seen[-1].workload)]

    def events(self, autoscaler: str) -> Sequence[Event]:
        """Events of one, from Kubernetes; blocks. Raises `AutoscalerUnseen`."""
        try:
            return self._api.events(autoscaler)
        except (ApiAway, ApiRefused, KeyError, ValueError) as error:
            log_fault(error, "-")
            raise AutoscalerUnseen("Kubernetes doesn't give its events; the gateway's log says why.") from None

    async def close(self) -> None:
        """End the connections."""
        await asyncio.to_thread(self._api.close)

    def _keep(self, reading: Reading) -> None:
        seen = self._seen.setdefault(reading.name, deque())
        seen.append(reading)
        while seen[0].time < reading.time - self._kept_s:
            seen.popleft()
