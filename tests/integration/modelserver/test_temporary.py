"""A server for a while: any folder, any names, and Triton's reason where a model doesn't load."""

from pathlib import Path

import numpy as np
import pytest

from modelserver.errors import CallFailed, LoadFailed, PathUnsafe, PortTaken
from modelserver.launcher import Launcher
from modelserver.process import ServerProcess
from modelserver.settings import ModelServerSettings
from modelserver.temporary import TemporaryServer
from tests.integration.modelserver.rig import PICTURES, SHORT, alive, family
from tests.support.versions import make_version

SETTINGS = ModelServerSettings(_env_file=None, stop_timeout_s=SHORT["stop_timeout_s"])


def test_it_serves_the_named_models_and_ends_with_all_processes(tmp_path: Path) -> None:
    name = make_version(tmp_path)
    make_version(tmp_path, version=2)
    with TemporaryServer(tmp_path, [name], settings=SETTINGS) as server:
        everyone = family(server.process.guardian_pid)
        assert server.version == "2.51.0"
        assert server.grpc_address.startswith("127.0.0.1:")
        whole = server.infer(name, {"image": PICTURES}, ["probabilities"])["probabilities"]
        parts = [server.infer(str(name), {"image": PICTURES[i : i + 1]})["probabilities"] for i in range(len(PICTURES))]
        np.testing.assert_allclose(whole, np.concatenate(parts), atol=1e-6)
        with pytest.raises(CallFailed):
            server.infer("tiny-v2", {"image": PICTURES})
    assert len(everyone) == 3
    assert not alive(everyone)


def test_two_live_side_by_side(tmp_path: Path) -> None:
    name = make_version(tmp_path)
    with (
        TemporaryServer(tmp_path, [name], settings=SETTINGS) as one,
        TemporaryServer(tmp_path, [name], settings=SETTINGS) as other,
    ):
        first, second = (server.infer(name, {"image": PICTURES})["probabilities"] for server in (one, other))
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("parameter", "value", "reason"),
    [
        ("intra_op_thread_count", "many", "must be a number of 0 or more"),
        ("execution_mode", "fast", "must be 1 or 0"),
        ("spin", "1", "has no parameter spin"),
    ],
)
def test_a_wrong_parameter_is_named(tmp_path: Path, parameter: str, value: str, reason: str) -> None:
    name = make_version(tmp_path)
    config = tmp_path / name.triton_name / "config.pbtxt"
    config.write_text(config.read_text() + f'parameters {{ key: "{parameter}" value {{ string_value: "{value}" }} }}\n')
    with pytest.raises(LoadFailed, match=reason), TemporaryServer(tmp_path, [name], settings=SETTINGS):
        pass


def test_a_missing_artefact_is_named(tmp_path: Path) -> None:
    name = make_version(tmp_path)
    (tmp_path / name.triton_name / "1" / "model.onnx").unlink()
    with pytest.raises(LoadFailed, match=r"no file model\.onnx"), TemporaryServer(tmp_path, [name], settings=SETTINGS):
        pass


def test_text_inputs_are_refused_instead_of_crashing(tmp_path: Path) -> None:
    name = make_version(tmp_path)
    config = tmp_path / name.triton_name / "config.pbtxt"
    config.write_text(config.read_text().replace("TYPE_UINT8", "TYPE_STRING"))
    with pytest.raises(LoadFailed, match="text inputs"), TemporaryServer(tmp_path, [name], settings=SETTINGS):
        pass


def test_a_name_for_the_shell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PathUnsafe), TemporaryServer(tmp_path, ["a; touch b"], settings=SETTINGS):
        pass


def test_a_port_lost_to_another_program_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launch, calls = Launcher.launch, []

    def unlucky(self: Launcher, ports: object) -> ServerProcess:
        calls.append(ports)
        if len(calls) == 1:
            raise PortTaken
        return launch(self, ports)  # type: ignore[arg-type]

    monkeypatch.setattr(Launcher, "launch", unlucky)
    with TemporaryServer(tmp_path, [], settings=SETTINGS):
        assert len(calls) == 2
