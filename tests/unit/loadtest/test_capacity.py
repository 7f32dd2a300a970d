"""The simulation against formulae, and what it says of clusters."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from plotly.offline import get_plotlyjs
from typer.testing import CliRunner

from loadtest.batching import Replica
from loadtest.capacity.cli import capacity
from loadtest.capacity.outcome import Outcome, breaks
from loadtest.capacity.report import page
from loadtest.capacity.scenario import CapacityScenario, read
from loadtest.capacity.simulate import Simulation
from loadtest.errors import CapacityInvalid
from loadtest.queueing import Queue

EXAMPLE = Path(__file__).parents[3] / "examples" / "capacity.yaml"
STEADY = ((0, 1), (1, 1))


def scenario(*, ms: dict[int, float], rate: float, seconds: float, **parts: Any) -> CapacityScenario:
    """A steady load without anything added by the gateway; `parts` replace whole parts of the file."""
    load = {"peak_per_s": rate, "points": STEADY, "seconds": seconds, **parts.pop("load", {})}
    service = {"ms": ms, "max_batch": max(ms), **parts.pop("service", {})}
    return CapacityScenario.model_validate(
        {"name": "some", "service": service, "load": load, "overhead_ms": 0, "max_queue": 100_000, **parts}
    )


def run(some: CapacityScenario, seed: int = 1) -> Outcome:
    return Simulation(some, seed=seed).run()


def test_one_instance_waits_as_an_m_d_1_queue() -> None:
    found = run(scenario(ms={1: 10}, rate=70, seconds=600))
    queue = Queue(70, 0.010)
    waits = found.latencies_s - 0.010
    assert waits.mean() == pytest.approx(queue.mean_wait_s, rel=0.08)
    assert np.percentile(waits, 99) == pytest.approx(queue.wait_s(0.99), rel=0.1)


def test_several_instances_wait_as_an_m_m_c_queue() -> None:
    some = scenario(ms={1: 10}, rate=240, seconds=200, service={"instances": 3, "distribution": "exponential"})
    queue = Queue(240, 0.010, servers=3, service_cv2=1)
    found = run(some)
    assert found.latencies_s.mean() - 0.010 == pytest.approx(queue.mean_wait_s, rel=0.1)


def test_users_wait_as_mean_value_analysis_has_it() -> None:
    users, service_s, think_s = 12, 0.010, 0.1
    load = {"peak_per_s": None, "users": users, "think_s": (think_s, think_s)}
    found = run(scenario(ms={1: 10}, rate=0, seconds=300, load=load, service={"distribution": "exponential"}))
    waiting = 0.0  # Reiser and Lavenberg (1980): one station, users added one by one
    for number in range(1, users + 1):
        mean_s = service_s * (1 + waiting)
        waiting = number / (mean_s + think_s) * mean_s
    assert found.latencies_s.mean() == pytest.approx(mean_s, rel=0.05)
    assert found.answered / 300 == pytest.approx(users / (mean_s + think_s), rel=0.03)


def test_users_who_are_refused_think_and_come_again_and_those_who_are_too_many_leave() -> None:
    load = {
        "peak_per_s": None,
        "users": 40,
        "think_s": (0.05, 0.15),
        "points": ((0, 1), (0.5, 1), (0.5, 0.1), (1, 0.1)),
    }
    found = run(scenario(ms={1: 20}, rate=0, seconds=60, load=load, max_queue=10))
    early, late = (found.arrived < 30).sum(), (found.arrived > 31).sum()
    assert early == pytest.approx(30 * 50, rel=0.02)  # all that one instance can do
    assert late == pytest.approx(29 * 4 / 0.121, rel=0.15)  # four users, whom nothing holds up
    assert len(found.refused) > 1000
    assert found.refused.max() < 31


def test_batches_grow_as_the_formula_has_them() -> None:
    found = run(scenario(ms={1: 3, 32: 20}, rate=1200, seconds=60))
    replica = Replica(found.scenario.replica.times, 1, 32)
    assert found.batches.mean() == pytest.approx(replica.batch(1200), rel=0.1)
    in_flight = np.mean([one.in_flight for one in found.readings[5:]])
    assert in_flight == pytest.approx(replica.in_flight(1200), rel=0.25)


@pytest.mark.parametrize(
    ("ms", "instances", "rate"),
    [
        ({1: 3, 32: 20}, 1, 300), ({1: 3, 32: 20}, 1, 1200), ({1: 3, 32: 20}, 4, 4800), ({1: 5, 8: 8}, 1, 800),
        ({1: 10, 32: 320}, 1, 60), ({1: 10, 16: 160}, 4, 240),
    ],
)  # fmt: skip
def test_the_formula_s_p99_is_on_the_safe_side_and_not_far_off(
    ms: dict[int, float], instances: int, rate: float
) -> None:
    found = run(scenario(ms=ms, rate=rate, seconds=15_000 / rate, service={"instances": instances}))
    estimate = found.scenario.replica.latency_s(rate, 0.99) * 1000
    assert 0.9 * found.percentile_ms(99) < estimate < 1.6 * found.percentile_ms(99)


def test_a_batch_waits_for_others_no_longer_than_it_may() -> None:
    lonely = run(scenario(ms={1: 1, 8: 1}, rate=5, seconds=100, service={"queue_delay_us": 20_000}))
    assert lonely.percentile_ms(50) == pytest.approx(21, abs=0.1)
    busy = run(scenario(ms={1: 1, 8: 1}, rate=4000, seconds=5, service={"queue_delay_us": 20_000}))
    assert busy.percentile_ms(99) < 21
    assert busy.batches.mean() > 7


@pytest.mark.parametrize("together", [1, 32])
def test_the_same_item_rate_leads_to_the_same_replicas_in_micro_batches_of_1_and_of_32(together: int) -> None:
    replica = Replica(scenario(ms={1: 30, 32: 200}, rate=1, seconds=1).replica.times, 1, 32)
    target = replica.in_flight(100, together)
    some = scenario(
        ms={1: 30, 32: 200}, rate=390, seconds=150, load={"items_per_request": together},
        scaling={"min": 1, "max": 20, "start": 4, "in_flight": target, "window_s": 60, "scrape_s": 0.5},
        cluster={"nodes": 20, "start_s": 1},
    )  # fmt: skip
    pods = [one.pods for one in run(some).readings]
    assert pods[-1] == pytest.approx(4, abs=1)
    assert max(pods) <= 6


def test_a_steady_load_at_80_percent_of_three_replicas_holds_three_by_its_rate_and_not_by_items_in_flight() -> None:
    some: dict[str, Any] = {
        "ms": {1: 30, 32: 200},
        "rate": 0.8 * 3 * 160,
        "seconds": 600,
        "cluster": {"nodes": 8, "start_s": 10},
    }
    scaling = {"min": 1, "max": 8, "start": 3, "in_flight": 35}
    held = run(scenario(**some, scaling={**scaling, "item_rate": 140}))
    assert {one.pods for one in held.readings} == {3}
    # Items in flight grow far faster than the load, so that a little less of them looks like a replica too many.
    assert min(one.pods for one in run(scenario(**some, scaling=scaling)).readings) == 2


def test_a_burst_finds_replicas_that_still_start_and_the_sentence_says_so() -> None:
    points = ((0, 0.2), (0.25, 0.2), (0.25, 1), (1, 1))
    some = scenario(
        ms={1: 10}, rate=400, seconds=240, load={"points": points}, slo_ms=100, max_queue=500,
        scaling={"min": 1, "max": 8, "start": 2, "in_flight": 1.1}, cluster={"nodes": 2, "price_per_gpu_hour": 3.6},
    )  # fmt: skip
    found = run(some)
    assert found.start_times_s[0] == found.start_times_s[1] == 0
    assert max(found.start_times_s) == pytest.approx(120 + 30 + 10)  # a node, the image, the start
    assert found.refused_share > 0
    first, last = breaks(found)
    assert "replicas were still starting" in first or "had not asked for more yet" in first
    assert "breaks above" in last
    nodes = [one.nodes for one in found.readings]
    assert max(nodes) > 2
    assert found.cost == pytest.approx(sum(nodes) * 3.6 / 3600, rel=0.5)


def test_a_promise_that_holds_is_said_to_hold() -> None:
    found = run(scenario(ms={1: 10}, rate=20, seconds=60, slo_ms=100))
    assert next(breaks(found)) == "The promise of 100 ms held in each 10 s."
    assert found.document()["throughput_per_s"] == pytest.approx(20, rel=0.2)


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    some = scenario(ms={1: 10}, rate=50, seconds=30)
    once, again, other = (run(some, seed).document() for seed in (1, 1, 2))
    assert once == again != other


def test_a_thousand_replicas_are_thinned_and_answer_as_a_few_do() -> None:
    fixed = {"scaling": {"min": 1, "max": 1, "in_flight": None}, "cluster": {"nodes": 1}}
    few = scenario(ms={1: 30, 32: 200}, rate=90, seconds=60, **fixed).times(16)
    many = few.times(64)
    assert many.scaling.max == 1024
    one, other = run(few), Simulation(many, seed=1, budget=10_000).run()
    assert one.thinning == 1
    assert other.thinning > 50
    assert other.answered == pytest.approx(64 * one.answered, rel=0.03)
    assert other.percentile_ms(99) == pytest.approx(one.percentile_ms(99), rel=0.2)


def test_the_report_is_one_page_with_all_plots_and_needs_nothing_else() -> None:
    found = run(scenario(ms={1: 10}, rate=50, seconds=30))
    ours = page([found]).replace(get_plotlyjs(), "")
    assert "src=" not in ours
    for title in ("Load", "Replicas", "Items in flight", "Time of an answer"):
        assert f"{title}\\u003c" in ours
    for name in ("items\\u002fs", "with those that start", "ready", "items", "p99, ms", "promised"):
        assert f'"{name}"' in ours


def test_a_run_in_which_nothing_was_answered_is_json_too() -> None:
    document = run(scenario(ms={1: 10}, rate=1e-6, seconds=1)).document()
    assert document["latency_ms"] == {"p50": None, "p95": None, "p99": None}
    json.dumps(document, allow_nan=False)


def test_the_command_prints_a_row_for_each_scale_and_where_it_breaks(tmp_path: Path) -> None:
    file, report = tmp_path / "some.yaml", tmp_path / "some.html"
    file.write_text(
        yaml.safe_dump({"name": "some", "service": {"ms": {1: 10}}, "load": {"peak_per_s": 50, "seconds": 10}})
    )
    result = CliRunner().invoke(
        capacity, [str(file), "--times", "1", "--times", "2", "--report", str(report), "--json"]
    )
    assert result.exit_code == 0, result.output
    assert [one["replicas"]["most"] for one in json.loads(result.stdout)] == [1, 2]
    assert report.read_text().startswith("<!doctype html>")
    text = CliRunner().invoke(capacity, [str(file)]).stdout
    assert "1 replicas: With all 1 replicas it breaks above" in text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[", "can't be read as YAML"),
        ("name: a", "service: Field required"),
        ("{name: a, service: {ms: {1: 0}}, load: {peak_per_s: 1}}", "service.ms.1"),
        ("{name: a, service: {ms: {1: 1}}, load: {peak_per_s: 1, scenario: none}}", "There is no scenario 'none'"),
        ("{name: a, service: {ms: {1: 2, 8: 1}}, load: {peak_per_s: 1}}", "A larger batch can't take less time"),
        ("{name: a, service: {ms: {1: 1}}, load: {peak_per_s: 1, users: 2}}", "either peak_per_s or users"),
        ("{name: a, service: {ms: {1: 1}}, load: {seconds: 9}}", "either peak_per_s or users"),
        ("{name: a, service: {ms: {1: 1}}, load: {users: 2, think_s: [0, 0]}}", "and think"),
        ("{name: a, service: {ms: {1: 1}}, load: {peak_per_s: 1}, scaling: {min: 2}}", "scaling"),
        ("{name: a, service: {ms: {1: 1}}, load: {peak_per_s: 1}, nodes: 2}", "nodes"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_the_place(text: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(text)
    with pytest.raises(CapacityInvalid) as told:
        read(file)
    assert place in str(told.value)


def test_the_example_is_a_scenario() -> None:
    assert read(EXAMPLE).name == "cifar10"
