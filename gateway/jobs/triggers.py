"""Starts retrains by the models' policies: by schedule, by new examples, and by drift.

Every gateway does it. Two that do it at once make one job, because both name it by the same idempotency key.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from contract.errors import ModelUnknown, TriremeError
from contract.jobs.policy import RetrainPolicies, RetrainPolicy
from gateway.catalogue import Catalogue, Model
from gateway.clock import utc_now
from gateway.faults import log_fault
from gateway.jobs.asking import Asker, Questions, TrainingBatches
from gateway.jobs.documents import RetrainDocument
from gateway.jobs.drifting import Drifting, Watch
from gateway.jobs.history import RetrainHistory
from gateway.jobs.job import Job
from gateway.jobs.new_examples import NewExamples, count
from gateway.jobs.new_job import NewJob
from gateway.jobs.schedules import Schedules

log = logging.getLogger(__name__)

PRINCIPAL = "policy"
"""Who asks for what a policy starts."""

Create = Callable[[NewJob], Awaitable[Job]]


class Triggers:
    """The background work of one gateway.

    `examples` is None where nothing can be uploaded, `drift` where no predictions are logged.
    """

    def __init__(
        self,
        *,
        policies: RetrainPolicies,
        catalogue: Callable[[], Catalogue],
        questions: Questions,
        create: Create,
        history: RetrainHistory,
        examples: TrainingBatches | None,
        interval_s: float,
        drift: Watch | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._policies = policies
        self._catalogue = catalogue
        self._questions = questions
        self._create = create
        self._schedules = Schedules(history, clock())
        self._new_examples = None if examples is None else NewExamples(examples, history)
        self._drifting = None if drift is None else Drifting(drift, history, clock)
        self._interval_s = interval_s
        self._clock = clock
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look at intervals, until `stop`."""
        while not self._stopping.is_set():
            # First the pause: the database's schema may still be on its way.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._stopping.wait()
            await self.look()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    async def look(self) -> None:
        """Start what is due; one model's trouble is not the others', and the next look tries again."""
        for name, policy in self._policies.models.items():
            for start in (self._by_schedule, self._by_data, self._by_drift):
                if self._stopping.is_set():
                    return
                await self._tried(name, policy, start)

    async def _tried(
        self, name: str, policy: RetrainPolicy, start: Callable[[Model, RetrainPolicy], Awaitable[None]]
    ) -> None:
        try:
            await start(self._catalogue().model(name), policy)
        except ModelUnknown:
            # A policy may come before the model's first version.
            pass
        except TriremeError as error:
            log.warning("model %s can't be retrained by its policy now: %s", name, error.detail)
        except Exception as error:  # noqa: BLE001 - the next look may succeed
            log_fault(error, "-")

    async def _by_schedule(self, model: Model, policy: RetrainPolicy) -> None:
        if policy.schedule is None:
            return
        tick = await self._schedules.due(model.name, policy.schedule, self._clock())
        if tick is not None:
            await self._start(model, "schedule", f"schedule:{model.name}:{tick:%Y-%m-%dT%H:%MZ}", "By schedule.")
            self._schedules.done(model.name, tick)

    async def _by_data(self, model: Model, policy: RetrainPolicy) -> None:
        if policy.min_new_examples is None or self._new_examples is None:
            return
        new = await self._new_examples.batches(model.name, policy.min_new_examples)
        if new:
            # The oldest, not the newest: another gateway that sees one batch more asks for the same job.
            await self._start(model, "data", f"data:{new[0].id}", f"{count(new):,} new examples.")

    async def _by_drift(self, model: Model, policy: RetrainPolicy) -> None:
        if policy.drift is None or self._drifting is None:
            return
        due = await self._drifting.due(model, policy.drift)
        if due is not None:
            await self._start(model, "drift", due.key, due.note)

    async def _start(self, model: Model, trigger: Literal["schedule", "data", "drift"], key: str, note: str) -> None:
        asked, asker = RetrainDocument(note=note), Asker(PRINCIPAL, key, trigger)
        job = await self._create(await self._questions.retrain(model, asked, asker))
        log.info("model %s is retrained by its policy, as job %s: %s", model.name, job.id, note)
