"""The small parts: logs, back-off, shared memory, configurations, probes, settings, errors."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from pydantic import ValidationError
from tritonclient.grpc import model_config_pb2 as pb

from contract.repository import CARD, CONFIG, ModelRepository
from modelserver import errors, guardian, shm
from modelserver.backoff import Backoff
from modelserver.client import Client
from modelserver.config import check_config
from modelserver.errors import CallFailed, ConfigRefused, ModelServerError
from modelserver.logs import Record, Tail, parse
from modelserver.probe import Probe, _zeros
from modelserver.settings import ModelServerSettings
from tests.support.versions import make_version

PLOTS = "ignore version directory 'plots' which fails"


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ('I1121 11:37:02.176597 5193 model.cc:839] "loaded"\n', Record(logging.DEBUG, "loaded")),
        ('W1121 11:37:02.176597 5193 model.cc:839] "odd"', Record(logging.WARNING, "odd")),
        ('E1121 11:37:02.176597 5193 model.cc:839] "bad "x""', Record(logging.ERROR, 'bad "x"')),
        ("F1121 11:37:02.176597 5193 model.cc:839] dead", Record(logging.CRITICAL, "dead")),
        ('W1121 11:37:02.176597 5193 m.cc:7] "DCGM unable to start"', Record(logging.DEBUG, "DCGM unable to start")),
        ("W1121 11:37:02.1 5 m.cc:7] \"ignore version directory 'plots' which fails\"", Record(logging.DEBUG, PLOTS)),
        ("Error: Failed to initialize NVML", Record(logging.DEBUG, "Error: Failed to initialize NVML")),
        ("a library says %s", Record(logging.INFO, "a library says %s")),
        ("I1121 11:37:02.176597 5193 server.cc:604] \n", None),
        ("+----+", None),
        ("| Model | Version |", None),
        ("\n", None),
    ],
)
def test_a_line_of_triton_becomes_a_record(line: str, record: Record | None) -> None:
    assert parse(line) == record


def test_the_tail_forwards_from_a_level_on_and_keeps_the_last_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tail = Tail(logging.getLogger("triton-test"), logging.INFO)
    assert tail.last_error() is None
    tail.forward(['E1121 11:37:02.1 5 m.cc:8] "worse"', 'I1121 11:37:02.1 5 m.cc:8] "fine"', "100 %s"])
    assert tail.last_error() == "worse"
    assert caplog.messages == ["worse", "100 %s"]


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3)
    assert [backoff.pause() for _ in range(5)] == [0.5, 1, 2, 3, 3]
    backoff.reset()
    assert backoff.pause() == 0.5


def test_a_process_that_is_gone_has_no_prefix() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    with pytest.raises(ProcessLookupError):
        shm.prefix(process.pid)


def test_a_reused_pid_does_not_protect_a_dead_servers_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shm, "FOLDER", tmp_path)
    mine = shm.prefix(os.getpid())
    start = mine.split("-")[-2]
    foreign = mine.replace(mine.split("-")[1], "1")
    names = [f"{mine}a", mine.replace(start, "1") + "b", f"{foreign}c", "triton_python_backend_shm_region_d"]
    for name in names:
        (tmp_path / name).touch()
    assert shm.sweep_dead() == 1
    assert [(tmp_path / name).exists() for name in names] == [True, False, True, True]
    assert shm.sweep(mine) == 1


def test_missing_shared_memory_is_refused_and_sweeping_it_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shm, "FOLDER", tmp_path / "missing")
    with pytest.raises(errors.SharedMemoryTooSmall):
        shm.check_room(1)
    assert shm.sweep_dead() == shm.sweep("trireme-") == 0


def test_a_published_configuration_passes(tmp_path: Path) -> None:
    check_config(tmp_path / make_version(tmp_path).triton_name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"onnxruntime"', '"python"'),
        ('"onnxruntime"', '""'),
        ('name: "tiny-v1"', 'name: "other-v1"'),
        ('"model.onnx"', '"model.onnx; touch x"'),
        ('"model.onnx"', '"../2/model.onnx"'),
        ('"model.onnx"', '""'),
        ("dynamic_batching", 'runtime: "evil.so" dynamic_batching'),
        ("dynamic_batching", 'parameters { key: "EXECUTION_ENV_PATH" value { string_value: "x" } } dynamic_batching'),
        ("dynamic_batching", "no_such_field"),
    ],
)
def test_a_configuration_that_asks_for_more_is_refused(tmp_path: Path, old: str, new: str) -> None:
    folder = tmp_path / make_version(tmp_path).triton_name
    config = folder / CONFIG
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    with pytest.raises(ConfigRefused):
        check_config(folder)


def test_a_stub_inside_a_version_and_a_missing_configuration_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / make_version(tmp_path).triton_name
    (folder / "triton_python_backend_stub").touch()
    with pytest.raises(ConfigRefused, match="program of its own"):
        check_config(folder)
    (folder / CONFIG).unlink()
    with pytest.raises(ConfigRefused, match="missing"):
        check_config(folder)


@pytest.mark.parametrize(
    ("kind", "dims", "dtype", "shape"),
    [("UINT8", "4, 4, 3", np.uint8, (1, 4, 4, 3)), ("FP32", "-1", np.float32, (1, 1)), ("STRING", "1", object, (1, 1))],
)
def test_a_probe_without_golden_examples_sends_zeros(kind: str, dims: str, dtype: type, shape: tuple[int, ...]) -> None:
    tensor = text_format.Parse(f'name: "x" data_type: TYPE_{kind} dims: [{dims}]', pb.ModelInput())
    zeros = _zeros(tensor)
    assert (zeros.dtype, zeros.shape) == (np.dtype(dtype), shape)


class Answer:
    """A server with one answer."""

    def __init__(self, answer: np.ndarray) -> None:
        self._answer = answer

    def infer(self, *_: object, **__: object) -> dict[str, np.ndarray]:
        return {"probabilities": self._answer}


@pytest.mark.parametrize("answer", [np.full((1, 10), np.nan), np.full((1, 9), 0.1), np.zeros((0, 10))])
def test_a_probe_looks_at_the_answer(tmp_path: Path, answer: np.ndarray) -> None:
    name = make_version(tmp_path)
    card = ModelRepository(tmp_path).card(name)
    config = text_format.Parse((tmp_path / name.triton_name / CONFIG).read_text(), pb.ModelConfig())
    probe = Probe.of(card, tmp_path / name.triton_name, config)
    with pytest.raises(CallFailed, match="finite"):
        probe.check(Answer(answer), 1)
    probe.check(Answer(np.full((1, 10), 0.1)), 1)
    assert (tmp_path / name.triton_name / CARD).is_file()


def test_a_server_that_is_not_there_is_not_live_and_calls_fail() -> None:
    with Client("127.0.0.1:1") as client:
        assert not client.is_live()
        with pytest.raises(CallFailed):
            client.load("x", 1)
    with pytest.raises(CallFailed, match="closed"):
        client.load("x", 1)


def test_the_guardian_says_why_a_command_can_not_be_started() -> None:
    command = [sys.executable, "-m", guardian.__name__, "1", "/no/such/program"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.wait(20) == guardian.NOT_STARTED
        assert process.stderr is not None
        assert b"cannot start /no/such/program: No such file or directory" in process.stderr.read()


@pytest.mark.parametrize(("seconds", "is_orphan"), [("0.2", False), ("600", True)])
def test_the_guardian_kills_a_command_that_ignores_the_order(seconds: str, *, is_orphan: bool) -> None:
    stubborn = "trap '' TERM; echo up; while true; do sleep 0.1; done"
    command = [sys.executable, "-m", guardian.__name__, seconds, "/bin/sh", "-c", stubborn]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"up\n"
        if is_orphan:
            process.stdin.close()
        else:
            process.terminate()
        assert process.wait(60) == 128 + 9


def test_settings_are_frozen_and_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSERVER_GRPC_PORT", "9001")
    settings: Any = ModelServerSettings(_env_file=None)
    assert (settings.grpc_port, settings.host) == (9001, "127.0.0.1")
    with pytest.raises(ValidationError):
        settings.grpc_port = 1
    monkeypatch.setenv("MODELSERVER_GRPC_PORT", "99999")
    with pytest.raises(ValidationError):
        ModelServerSettings(_env_file=None)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in ModelServerSettings.model_fields.values())


def test_every_error_is_in_the_tree_and_has_a_code_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ModelServerError)]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert errors.__doc__ is not None
    for kind in kinds:
        assert kind.__name__ in errors.__doc__
        assert kind is ModelServerError or f"{kind.status}  {kind.code}" in errors.__doc__
