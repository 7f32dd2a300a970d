"""The supervisor serves what the list says, and nothing that wasn't proven."""

import numpy as np
import onnxruntime
import pytest

from contract.golden import GoldenExamples
from contract.repository import CONFIG, GOLDEN, ONNX_MODEL
from modelserver.errors import CallFailed, ServerUnready
from modelserver.status import State
from modelserver.supervisor import Supervisor
from tests.integration.modelserver.rig import PATIENCE_S, PICTURES, Rig, card_anew, eventually, is_ready, triton
from tests.support.versions import CIFAR10


def test_every_listed_version_answers_as_its_network_does(rig: Rig) -> None:
    names = [rig.version(1), rig.version(2), rig.version(1, "other", backend="openvino")]
    rig.serve(tiny=(1, 2), other=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        assert {name: status.state for name, status in supervisor.status().items()} == dict.fromkeys(names, State.READY)
        for name in names:
            session = onnxruntime.InferenceSession(rig.repository / name.triton_name / ONNX_MODEL)
            (expected,) = session.run(None, {"image": PICTURES})
            np.testing.assert_allclose(rig.answer(name), expected, atol=1e-5)


def test_the_list_is_followed_without_a_restart(rig: Rig) -> None:
    first, second = rig.version(1), rig.version(2)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        server = triton().pid
        rig.serve(tiny=(1, 2))
        supervisor.wait_ready(PATIENCE_S)
        assert rig.answer(first).shape == rig.answer(second).shape
        rig.serve(tiny=(2,))
        eventually(lambda: not rig.loaded(first), what="unloading")
        assert rig.loaded(second)
        rig.serve()
        eventually(lambda: not rig.loaded(second), what="unloading")
        eventually(lambda: supervisor.status() == {}, what="forgetting")
        rig.serve(tiny=(1,))
        supervisor.wait_ready(PATIENCE_S)
        assert triton().pid == server


def test_a_new_version_that_does_not_load_leaves_the_old_one_serving(rig: Rig) -> None:
    old, new = rig.version(1), rig.version(2)
    folder = rig.repository / new.triton_name
    (folder / ONNX_MODEL).write_bytes(b"not a graph")
    card_anew(folder)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        rig.serve(tiny=(2,))
        with pytest.raises(ServerUnready, match=r"tiny-v2 can't be served: load failed"):
            supervisor.wait_ready(PATIENCE_S)
        assert supervisor.status()[old].state is State.READY
        assert rig.answer(old).shape == (4, 10)


def test_a_version_that_differs_from_its_card_is_never_loaded(rig: Rig) -> None:
    good, bad = rig.version(1), rig.version(2)
    with (rig.repository / bad.triton_name / "labels.txt").open("a") as file:
        file.write("\n")
    rig.serve(tiny=(1, 2))
    with Supervisor(rig.settings) as supervisor:
        with pytest.raises(ServerUnready, match=r"tiny-v2.*differ from its card"):
            supervisor.wait_ready(PATIENCE_S)
        assert is_ready(supervisor, good)
        assert not rig.loaded(bad)
        with pytest.raises(CallFailed):
            rig.answer(bad)


def test_a_version_that_asks_for_another_backend_is_never_loaded(rig: Rig) -> None:
    name = rig.version(1)
    folder = rig.repository / name.triton_name
    (folder / CONFIG).write_text((folder / CONFIG).read_text().replace("onnxruntime", "python"))
    card_anew(folder)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        with pytest.raises(ServerUnready, match="backend that isn't served: 'python'"):
            supervisor.wait_ready(PATIENCE_S)
        assert not rig.loaded(name)


def test_a_repaired_version_is_taken_up(rig: Rig) -> None:
    name = rig.version(1)
    model = rig.repository / name.triton_name / ONNX_MODEL
    whole = model.read_bytes()
    model.write_bytes(whole[:-1])
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        with pytest.raises(ServerUnready):
            supervisor.wait_ready(PATIENCE_S)
        model.write_bytes(whole)
        eventually(lambda: is_ready(supervisor, name))
        assert supervisor.status()[name].reason is None


def test_the_health_check_uses_the_golden_examples_where_there_are_some(rig: Rig) -> None:
    name = rig.version(1)
    folder = rig.repository / name.triton_name
    probabilities = np.full((4, 10), 0.1, np.float32)
    GoldenExamples([b""] * 4, PICTURES, probabilities, CIFAR10[:4]).write(folder / GOLDEN)
    card_anew(folder)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)


def test_an_invalid_list_changes_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    name = rig.version(1)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        rig.served.write_text("{")
        eventually(lambda: "the last one stays" in caplog.text)
        assert is_ready(supervisor, name)
        assert rig.answer(name).shape == (4, 10)


def test_an_empty_list_is_served_too(rig: Rig) -> None:
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        assert supervisor.status() == {}


def test_waiting_ends_with_the_names_of_what_is_not_ready(rig: Rig) -> None:
    rig.version(1)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor, pytest.raises(ServerUnready, match="tiny-v1 did not become ready"):
        supervisor.wait_ready(0.0)
