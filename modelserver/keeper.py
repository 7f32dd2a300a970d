"""One version in one server: loaded, watched, healed, unloaded; in a thread of its own, so that none waits."""

import logging
import threading
from dataclasses import replace

from contract.card import VersionCard
from contract.errors import TriremeError
from contract.names import ModelVersion
from contract.repository import ModelRepository
from modelserver.backoff import Backoff
from modelserver.config import check_config
from modelserver.errors import CallFailed
from modelserver.host import Host
from modelserver.probe import Probe
from modelserver.settings import ModelServerSettings
from modelserver.status import State, VersionStatus

log = logging.getLogger(__name__)


class Keeper:
    """Keeps one version ready until `leave` or `drop`."""

    def __init__(
        self, name: ModelVersion, *, repository: ModelRepository, host: Host, settings: ModelServerSettings
    ) -> None:
        self.name = name
        self._folder = repository.folder(name)
        self._repository = repository
        self._host = host
        self._settings = settings
        self._status = VersionStatus(State.LOADING)
        self._end = threading.Event()
        self._unload = True
        self._has_warned = False
        self._thread = threading.Thread(target=self._run, name=f"keeper-{name}", daemon=True)
        self._thread.start()

    @property
    def status(self) -> VersionStatus:
        """The version's state now."""
        return self._status

    def leave(self) -> None:
        """Begin to unload the version; `is_done` tells when that is done."""
        self._end.set()

    def drop(self) -> None:
        """End without unloading, because the server itself ends."""
        self._unload = False
        self._end.set()

    def is_leaving(self) -> bool:
        """Whether `leave` or `drop` was called."""
        return self._end.is_set()

    def is_done(self) -> bool:
        """Whether the keeper has ended."""
        return not self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        backoff = Backoff(self._settings.backoff_s, self._settings.backoff_max_s)
        while not self._end.is_set():
            probe = self._try_to_bring_up()
            if probe is None:
                self._end.wait(backoff.pause())
            else:
                backoff.reset()
                self._watch(probe)
        if self._unload:
            self._go()

    def _try_to_bring_up(self) -> Probe | None:
        try:
            return self._bring_up()
        except TriremeError as error:
            self._fail(error.detail)
        except Exception:
            log.exception("%s can't be served", self.name)
            self._fail("an unexpected error; see the log")
        return None

    def _bring_up(self) -> Probe:
        """Check and load the version, and see it answer; whatever state it was in before."""
        self._host.abandon(str(self.name))
        card = self._check()
        config = self._host.load(str(self.name))
        probe = Probe.of(card, self._folder, config)
        # The first answer may take longer than later ones: libraries are still being paged in.
        probe.check(self._host.client, self._settings.load_timeout_s)
        log.info("%s is ready", self.name)
        self._status = replace(self._status, state=State.READY, reason=None)
        return probe

    def _check(self) -> VersionCard:
        """Nothing is loaded that differs from its card, or that asks for what we don't run."""
        card = self._repository.verify(self.name)
        check_config(self._folder)
        self._warn_of_fallback(card)
        return card

    def _warn_of_fallback(self, card: VersionCard) -> None:
        """Say once that the version was tuned for another machine; Triton then finds no configuration for this one."""
        tuned_for = card.engine.tuned_for
        if tuned_for in {None, self._host.target} or self._has_warned:
            return
        self._has_warned = True
        log.warning(
            "%s was tuned for another machine (%s); float32 ONNX Runtime serves it here; tune anew to change that",
            self.name,
            tuned_for,
        )

    def _watch(self, probe: Probe) -> None:
        """Check the version's health again and again; returns when it must be loaded anew, or at the end."""
        misses = 0
        while not self._end.wait(self._settings.health_interval_s):
            error = self._examine(probe)
            if error is None:
                misses = 0
                continue
            log.warning("%s: health check failed: %s", self.name, error.detail)
            misses += 1
            if not error.timed_out or misses >= self._settings.health_misses:
                self._status = VersionStatus(State.LOADING, "it stopped answering", self._status.heals + 1)
                return

    def _examine(self, probe: Probe) -> CallFailed | None:
        # Before the request: one that meets a dead process leaves a trace in Triton, see `Host.abandon`.
        if not self._host.has_process(str(self.name)):
            return CallFailed("its process is dead")
        try:
            probe.check(self._host.client, self._settings.health_timeout_s)
        except CallFailed as error:
            return error
        return None

    def _fail(self, reason: str) -> None:
        """Note a failure, in the log where it is a new one."""
        if reason != self._status.reason and not self._end.is_set():
            log.error("%s can't be served: %s", self.name, reason)
        self._status = replace(self._status, state=State.FAILED, reason=reason)

    def _go(self) -> None:
        try:
            self._host.unload(str(self.name))
            log.info("%s is unloaded", self.name)
        except CallFailed as error:
            log.warning("%s: unloading failed: %s", self.name, error.detail)
