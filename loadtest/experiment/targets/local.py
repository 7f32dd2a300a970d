"""Replicas on this machine, behind HAProxy or addressed in turn."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from loadtest.errors import ExperimentInvalid, ServerMissing
from loadtest.experiment.plan import LocalPart, Replicas
from loadtest.experiment.targets import gpu, proxy
from loadtest.experiment.targets.quota import limit
from loadtest.experiment.targets.replica import Replica
from loadtest.experiment.targets.target import Happening, Sample, Tell
from loadtest.machine import describe
from loadtest.processor import seconds
from loadtest.servers import POLL_S


class LocalTarget:
    """Starts replicas when they are asked for, and ends those that are too many."""

    def __init__(self, part: LocalPart, model: str) -> None:
        self._part = part
        self._model = model
        self._replicas: list[Replica] = []
        self._happened: list[Happening] = []
        self._how = ""
        self._stack = ExitStack()
        self._before = ExitStack()
        """The proxy."""
        self.urls: Sequence[str] = ()

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="trireme-experiment-")))
        self._stack.callback(self._end)
        try:
            self._repository = only(self._part.repository, self._model, self._folder / "repository")
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def describe(self) -> str:
        """The machine, and how replicas are limited and balanced."""
        return f"{describe()}; replicas {self._how}; requests spread by {'HAProxy' if self._proxied else 'the users'}"

    def scale(self, replicas: Replicas, tell: Tell) -> None:
        """Have so many, all ready and limited."""
        if replicas == "hpa":
            raise ExperimentInvalid("Nothing scales replicas on this machine by itself.")
        if replicas == len(self._replicas):
            return
        self._before.close()
        while len(self._replicas) > replicas:
            self._replicas.pop().stop()
        while len(self._replicas) < replicas:
            tell(f"replica {len(self._replicas) + 1} starts")
            self._start()
        self._open()

    def sample(self) -> Sample:
        """Processor and memory of all their processes."""
        count, gpus = len(self._replicas), gpu.look()
        memory = sum(one.memory_bytes() for one in self._replicas)
        computed = seconds(one.pid for one in self._replicas)
        return Sample(
            count, count, cpu_s=computed, memory_bytes=memory, gpu_share=gpus.share, gpu_memory_bytes=gpus.memory_bytes
        )

    def happenings(self, since: float) -> Sequence[Happening]:
        """Starts of replicas."""
        return [one for one in self._happened if one.time >= since]

    @property
    def _proxied(self) -> bool:
        return self._part.balance == "haproxy" or (self._part.balance == "auto" and proxy.find() is not None)

    def _start(self) -> None:
        number, began = len(self._replicas), time.time()
        share = limit(self._part.cpus, number)
        self._how = share.how
        replica = Replica(self._folder / f"replica-{number + 1}", self._repository, share, self._part.settings)
        self._replicas.append(replica)
        while not replica.is_ready():
            if time.time() > began + self._part.start_timeout_s:
                raise ServerMissing(f"A replica was not ready within {self._part.start_timeout_s:g} s.")
            time.sleep(POLL_S)
        replica.hold()
        took = time.time() - began
        self._happened.append(
            Happening(time.time(), "Replica", f"replica-{number + 1}", "Ready", f"{took:.1f} s after its start")
        )

    def _open(self) -> None:
        if self._proxied:
            ports = [one.port for one in self._replicas]
            self.urls = (self._before.enter_context(proxy.proxied(ports, self._folder)),)
        else:
            self.urls = tuple(one.url for one in self._replicas)

    def _end(self) -> None:
        self._before.close()
        while self._replicas:
            self._replicas.pop().stop()


def only(repository: Path, model: str, into: Path) -> Path:
    """A repository that has nothing but the newest version of a model; raises `ExperimentInvalid`."""
    versions = {
        int(found[1]): folder
        for folder in repository.glob(f"{model}-v*")
        if (found := re.fullmatch(rf"{re.escape(model)}-v(\d+)", folder.name)) and (folder / "card.json").is_file()
    }
    if not versions:
        raise ExperimentInvalid(f"The repository {repository} has no model {model!r}.")
    newest = versions[max(versions)]
    shutil.copytree(newest, into / newest.name, copy_function=_linked)
    return into


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
