"""What dies or hangs comes back."""

import signal
import time

import pytest

from modelserver.errors import CallFailed
from modelserver.supervisor import Supervisor
from tests.integration.modelserver.rig import (
    PATIENCE_S,
    Rig,
    alive,
    eventually,
    family,
    guardian,
    is_ready,
    segments,
    stub,
    triton,
)


def test_a_killed_stub_is_healed_at_default_intervals(rig: Rig) -> None:
    name = rig.version(1)
    rig.serve(tiny=(1,))
    settings = rig.with_ports(health_interval_s=2.0, grpc_port=rig.settings.grpc_port)
    with Supervisor(settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        server = triton().pid
        stub().kill()
        eventually(lambda: supervisor.status()[name].heals == 1 and is_ready(supervisor, name))
        assert rig.answer(name).shape == (4, 10)
        assert triton().pid == server


def test_a_request_that_met_a_dead_stub_holds_up_neither_the_healing_nor_the_end(rig: Rig) -> None:
    name = rig.version(1)
    rig.serve(tiny=(1,))
    settings = rig.with_ports(stop_timeout_s=60, health_interval_s=2.0, grpc_port=rig.settings.grpc_port)
    with Supervisor(settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        everyone = family(guardian())
        stub().kill()
        with pytest.raises(CallFailed):
            rig.answer(name)
        eventually(lambda: supervisor.status()[name].heals == 1 and is_ready(supervisor, name))
        assert rig.answer(name).shape == (4, 10)
        began = time.monotonic()
    assert time.monotonic() - began < 30, "Triton alone would take all of the 60 seconds"
    assert not alive(everyone)


def test_a_dead_stub_of_one_model_does_not_disturb_another(rig: Rig) -> None:
    healthy, sick = rig.version(1), rig.version(1, "sick")
    rig.serve(tiny=(1,), sick=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        for process in family(guardian()):
            if "sick-v1_0_0" in process.cmdline():
                process.kill()
        eventually(lambda: supervisor.status()[sick].heals == 1 and is_ready(supervisor, sick))
        assert rig.answer(healthy).shape == (4, 10)
        assert supervisor.status()[healthy].heals == 0


def test_a_hung_stub_is_killed_and_healed(rig: Rig) -> None:
    name = rig.version(1)
    rig.serve(tiny=(1,))
    settings = rig.with_ports(health_timeout_s=0.5, health_misses=2, grpc_port=rig.settings.grpc_port)
    with Supervisor(settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        stub().suspend()
        eventually(lambda: supervisor.status()[name].heals > 0 and is_ready(supervisor, name), what="healing")
        assert rig.answer(name).shape == (4, 10)


@pytest.mark.parametrize("victim", [triton, lambda: family(guardian())[0]], ids=["server", "guardian"])
def test_a_killed_server_is_started_again(rig: Rig, victim: object) -> None:
    name = rig.version(1)
    rig.serve(tiny=(1,))
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        before, server = family(guardian()), triton()
        assert callable(victim)
        victim().send_signal(signal.SIGKILL)
        eventually(lambda: not alive(before), what="the end of the old processes")
        eventually(lambda: is_ready(supervisor, name) and _answers(rig, name), what="the restart")
        eventually(lambda: not segments(server.pid), what="the sweep")


def test_a_hung_server_is_started_again(rig: Rig) -> None:
    name = rig.version(1)
    rig.serve(tiny=(1,))
    settings = rig.with_ports(health_misses=1, stop_timeout_s=1, grpc_port=rig.settings.grpc_port)
    with Supervisor(settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        hung = triton()
        hung.suspend()
        eventually(lambda: not alive([hung]), what="the end of the hung server")
        eventually(lambda: is_ready(supervisor, name) and _answers(rig, name), what="the restart")


def _answers(rig: Rig, name: object) -> bool:
    try:
        return rig.answer(name).shape == (4, 10)  # type: ignore[arg-type]
    except CallFailed:
        return False
