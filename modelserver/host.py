"""One running server, as the keepers of its versions see it."""

import time
from typing import Any

from contract.target import Target
from modelserver.client import Client
from modelserver.errors import CallFailed, LoadFailed
from modelserver.settings import ModelServerSettings
from modelserver.stubs import kill, stubs

POLL_S = 0.05
GONE = frozenset({"", "UNAVAILABLE"})
"""States of Triton's repository index in which a model holds no process."""
DEAD_S = 1.5
"""Patience with the unloading of a model whose process is dead: it takes a second, or hangs for ever."""


class Host:
    """Loads and unloads, and knows the processes behind the models."""

    def __init__(self, client: Client, guardian: int, settings: ModelServerSettings, target: Target) -> None:
        self.client = client
        self.target = target
        """The kind of machine whose tuned engines the server runs."""
        self._guardian = guardian
        self._settings = settings
        self.is_tainted = False
        """Whether a model hangs while it is unloaded, which will hold up the server's end as well."""

    def load(self, name: str) -> Any:
        """Load a model and return its configuration (`ModelConfig`); raises `LoadFailed`."""
        try:
            self.client.load(name, self._settings.load_timeout_s)
            return self.client.config(name, self._settings.health_timeout_s)
        except CallFailed as error:
            raise LoadFailed(error.detail) from error

    def unload(self, name: str) -> None:
        """Unload a model and wait until requests in flight are answered and it is gone; raises `CallFailed`."""
        if not self._unload(name, self._settings.load_timeout_s):
            raise CallFailed(f"{name} did not unload within {self._settings.load_timeout_s:g} s.", timed_out=True)

    def abandon(self, name: str) -> None:
        """Unload a model that doesn't work, whose hung process is killed; raises `CallFailed`.

        Once a request has met a dead stub, Triton 2.51 never finishes to unload that model. Loading it anew works
        nevertheless, so after a short wait we go on.
        """
        kill(self._guardian, name)
        if not self._unload(name, DEAD_S):
            self.is_tainted = True

    def has_process(self, name: str) -> bool:
        """Whether a stub of the model lives."""
        return bool(stubs(self._guardian, name))

    def _unload(self, name: str, patience: float) -> bool:
        deadline = time.monotonic() + patience
        if self._is_gone(name):
            return True
        self.client.unload(name, patience)
        while not self._is_gone(name):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def _is_gone(self, name: str) -> bool:
        return self.client.entry(name, self._settings.health_timeout_s).state in GONE
