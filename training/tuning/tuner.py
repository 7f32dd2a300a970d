"""Tuning: stage by stage from every kind of engine to the best one."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from contract.card import Engine
from contract.errors import TriremeError
from contract.target import Target
from modelserver.errors import ModelServerError
from modelserver.temporary import TemporaryServer
from training.engines.calibration import stratified
from training.engines.errors import EngineError
from training.engines.kinds import PLAIN, Kind
from training.engines.record import Candidate, Load, Tuning
from training.publish.engine_gate import MAX_ACCURACY_LOSS, ROUNDING
from training.publish.errors import PublishError
from training.steps import Steps
from training.tuning.bench import Bench
from training.tuning.choice import choose
from training.tuning.grid import Effort, Entry, first_stage, second_stage
from training.tuning.subject import Subject

LIBRARIES = ("onnxruntime", "openvino", "nncf", "onnx", "numpy", "nvidia-pytriton")


class Tuner:
    """Measures engines for one version on this machine."""

    def __init__(self, subject: Subject, bench: Bench, target: Target, *, effort: Effort, display: Steps) -> None:
        self._subject = subject
        self._bench = bench
        self._target = target
        self._effort = effort
        self._display = display
        self._cores = len(os.sched_getaffinity(0))
        self._engines: dict[str, Engine] = {}
        self._accuracies: dict[Kind, float] = {}
        self._server = ""
        test = subject.data.test
        self._test = test.take(stratified(test.labels, effort.examples or len(test)))

    def run(self, kinds: Sequence[Kind]) -> Tuning:
        """Measure the kinds, then the best of them with other settings; raises `TuningFailed` where none is left."""
        first = self._stage(first_stage(kinds))
        choose(first)  # raises where there is none
        speeds = {kind: one.busiest.throughput for kind, one in zip(kinds, first, strict=True) if one.reason is None}
        finalists = sorted(speeds, key=speeds.__getitem__, reverse=True)[: self._effort.finalists]
        second = self._stage(second_stage(list(speeds), finalists, self._effort, self._cores))
        return self._tuning(second, [one for one in first if one.reason is not None])

    def _stage(self, entries: Sequence[Entry]) -> list[Candidate]:
        reasons = dict(self._make(entries))
        with TemporaryServer(self._bench.repository, []) as server:
            self._server = f"Triton {server.version}"
            for step in (self._load, self._measure_accuracies):
                reasons |= dict(step(server, [entry for entry in entries if entry.name not in reasons]))
            loads = self._measure_loads(server, [entry for entry in entries if entry.name not in reasons])
        return [self._candidate(entry, loads.get(entry.name, ()), reasons.get(entry.name)) for entry in entries]

    def _make(self, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
        """Put the candidates that are new into the repository; gives name and reason of those that can't be made."""
        new = [entry for entry in entries if entry.name not in self._engines]
        self._display.begin("Making the engines", len(new))
        for entry in new:
            self._engines[entry.name] = entry.kind.engine(entry.settings, self._target)
            try:
                self._bench.add(entry)
            except (EngineError, PublishError) as error:
                yield self._out(entry, error)
            self._display.advance(1)

    def _load(self, server: TemporaryServer, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
        self._display.begin("Loading the engines", len(entries))
        for entry in entries:
            try:
                server.load(entry.name)
            except ModelServerError as error:
                yield self._out(entry, error)
            self._display.advance(1)

    def _out(self, entry: Entry, error: TriremeError) -> tuple[str, str]:
        self._display.note(f"{entry.kind.name} is out: {error.detail}")
        return entry.name, error.detail

    def _measure_accuracies(self, server: TemporaryServer, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
        """Once a kind: settings don't change what an engine answers."""
        for entry in entries:
            if entry.kind not in self._accuracies:
                self._display.begin(f"Test accuracy of {entry.kind.name}", len(self._test))
                try:
                    found = self._bench.accuracy(server, entry, self._test, self._display.advance)
                except ModelServerError as error:
                    yield self._out(entry, error)
                else:
                    self._accuracies[entry.kind] = found

    def _measure_loads(self, server: TemporaryServer, entries: Sequence[Entry]) -> dict[str, tuple[Load, ...]]:
        total = len(entries) * len(self._effort.clients) * self._effort.rounds
        self._display.begin(f"Measuring {len(entries)} engines under load", total)
        return self._bench.loads(server, entries, self._effort, self._display.advance)

    def _candidate(self, entry: Entry, loads: tuple[Load, ...], reason: str | None) -> Candidate:
        accuracy = self._accuracies.get(entry.kind)
        return Candidate(
            name=entry.name,
            kind=entry.kind.name,
            settings=str(entry.settings),
            engine=self._engines[entry.name],
            accuracy=accuracy,
            loads=loads,
            reason=reason or verdict(accuracy, self._accuracies.get(PLAIN), loads),
        )

    def _tuning(self, found: Sequence[Candidate], out: Sequence[Candidate]) -> Tuning:
        card = self._subject.card
        return Tuning(
            model=card.model,
            version=card.version,
            created=datetime.now(UTC),
            target=self._target,
            cores=self._cores,
            server=self._server,
            libraries={name: number for name in LIBRARIES if (number := _version(name))},
            examples=len(self._test),
            max_loss=MAX_ACCURACY_LOSS,
            seconds=self._effort.seconds,
            candidates=(*found, *out),
            chosen=choose(found).name,
        )


def verdict(accuracy: float | None, plain: float | None, loads: Sequence[Load]) -> str | None:
    """Why a measured candidate may not be chosen; None where it may."""
    if plain is None or accuracy is None:
        return "there is no float32 answer to compare it with"
    if plain - accuracy > MAX_ACCURACY_LOSS + ROUNDING:
        return f"loses {(plain - accuracy) * 100:.2f} points of accuracy; allowed are {MAX_ACCURACY_LOSS * 100:.1f}"
    if errors := sum(load.errors for load in loads):
        return f"{errors} requests failed"
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
