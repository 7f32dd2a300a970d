"""Candidates in a real server, measured."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from contract.card import Engine
from contract.repository import CONFIG, LABELS, ONNX_MODEL
from contract.target import Target
from loadtest.grpc_load import GrpcTarget
from loadtest.measurement import Measurement
from loadtest.worker import Worker
from modelserver.temporary import TemporaryServer
from training.data.dataset import Pixels, Split
from training.engines.errors import TuningFailed
from training.engines.record import Load
from training.engines.served import Advance, accuracy, answers
from training.publish.artefacts import make_artefact
from training.publish.config import version_config
from training.tuning.grid import Effort, Entry
from training.tuning.subject import Subject

ARTEFACTS = "artefacts"
REPOSITORY = "repository"


class Bench:
    """A model repository of candidates below `folder`, which is empty at the start.

    Each is a Triton model of its own, so that one server holds all of them and they can take turns.
    """

    def __init__(self, folder: Path, subject: Subject, calibration: Pixels, target: Target) -> None:
        self._subject = subject
        self._calibration = calibration
        self._target = target
        self._artefacts = folder / ARTEFACTS
        self.repository = folder / REPOSITORY
        self.repository.mkdir()
        (self._artefacts / ONNX_MODEL).parent.mkdir(parents=True)
        shutil.copyfile(subject.graph, self._artefacts / ONNX_MODEL)

    def add(self, entry: Entry) -> Engine:
        """Put a candidate into the repository; raises as `make_artefact`."""
        engine = entry.kind.engine(entry.settings, self._target)
        schema, output = self._subject.schema, self._subject.card.output
        if not (self._artefacts / engine.artefact).exists():
            make_artefact(engine, self._artefacts, self._calibration, schema=schema, output=output)
        folder = self.repository / entry.name
        shutil.copytree(self._artefacts, folder, copy_function=os.link, dirs_exist_ok=False)
        (folder / LABELS).write_text("".join(f"{label}\n" for label in output.labels))
        (folder / CONFIG).write_text(version_config(entry.name, schema, output, engine))
        return engine

    def accuracy(self, server: TemporaryServer, entry: Entry, test: Split, advance: Advance) -> float:
        """Share of right answers to test pictures, over the served path."""
        schema, output, batch = self._subject.schema, self._subject.card.output, entry.settings.max_batch_size
        given = answers(server, entry.name, test.images, schema=schema, output=output, batch=batch, advance=advance)
        return accuracy(given, test.labels, output.labels)

    def loads(
        self, server: TemporaryServer, entries: Sequence[Entry], effort: Effort, advance: Advance
    ) -> dict[str, tuple[Load, ...]]:
        """Every entry under the load of each number of clients, by name.

        The entries take turns within each round, so that a machine that slows down meanwhile does it to all alike.
        Raises `TuningFailed` where one stops answering.
        """
        found: dict[tuple[str, int], list[Measurement]] = {}
        with Worker(warm_up_s=effort.warm_up_s, seconds=effort.seconds) as worker:
            for _ in range(effort.rounds):
                for clients in effort.clients:
                    for entry in entries:
                        measured = self._measure(worker, server, entry, clients)
                        found.setdefault((entry.name, clients), []).append(measured)
                        advance(1)
        return {entry.name: _summaries(found, entry.name, effort.clients) for entry in entries}

    def _measure(self, worker: Worker, server: TemporaryServer, entry: Entry, clients: int) -> Measurement:
        schema = self._subject.schema
        try:
            return worker.measure(GrpcTarget(server.grpc_address, entry.name, schema.tensor, schema.shape), clients)
        except TimeoutError as error:
            raise TuningFailed(f"{entry.name} stopped answering under the load of {clients} clients.") from error


def _summaries(
    found: Mapping[tuple[str, int], Sequence[Measurement]], name: str, clients: Sequence[int]
) -> tuple[Load, ...]:
    return tuple(_summary(number, found[name, number]) for number in clients)


def _summary(clients: int, rounds: Sequence[Measurement]) -> Load:
    throughputs = tuple(one.throughput for one in rounds)
    p50, p95, p99 = (_percentile(rounds, percent) for percent in (50, 95, 99))
    return Load(
        clients=clients,
        throughput=median(throughputs),
        rounds=throughputs,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        errors=sum(one.errors for one in rounds),
    )


def _percentile(rounds: Sequence[Measurement], percent: int) -> float | None:
    if any(len(one.latencies_s) < 2 for one in rounds):
        return None
    return median(one.percentile_ms(percent) for one in rounds)
