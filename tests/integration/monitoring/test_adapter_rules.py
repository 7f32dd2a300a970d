"""What the rules for prometheus-adapter make of series, by Prometheus' own tool."""

from pathlib import Path

import yaml

from tests.cluster.serving.chart import CHART
from tests.integration.monitoring.series import Series
from tests.integration.monitoring.trying import RULES, tried

FILE = CHART / "files" / "prometheus-adapter-rules.yaml"
WHOLE, PART = 'namespace="prod",pod="whole"', 'namespace="prod",pod="part"'
GPUS: Series = {
    # Two whole GPUs in a pod, whose exporter has no profiling counters.
    f'DCGM_FI_DEV_GPU_UTIL{{{WHOLE},gpu="0"}}': "80x10",
    f'DCGM_FI_DEV_GPU_UTIL{{{WHOLE},gpu="1"}}': "40x10",
    f'DCGM_FI_DEV_FB_USED{{{WHOLE},gpu="0"}}': "30x10",
    f'DCGM_FI_DEV_FB_USED{{{WHOLE},gpu="1"}}': "10x10",
    f'DCGM_FI_DEV_FB_FREE{{{WHOLE},gpu="0"}}': "50x10",
    f'DCGM_FI_DEV_FB_FREE{{{WHOLE},gpu="1"}}': "70x10",
    # A MIG instance: the counter of the whole GPU says nothing of it.
    f'DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{PART},GPU_I_ID="7"}}': "0.25x10",
    f'DCGM_FI_DEV_GPU_UTIL{{{PART},GPU_I_ID="7"}}': "0x10",
    f'DCGM_FI_DEV_FB_USED{{{PART},GPU_I_ID="7"}}': "6x10",
    f'DCGM_FI_DEV_FB_FREE{{{PART},GPU_I_ID="7"}}': "4x10",
}
# Each of three executions a second takes 0.1 s and has four requests, all of which count it.
TRITON: Series = {
    f"nv_inference_compute_infer_duration_us{{{WHOLE}}}": f"0+{60 * 3 * 4 * 100_000}x10",
    f"nv_inference_exec_count{{{WHOLE}}}": f"0+{60 * 3}x10",
    f"nv_inference_request_success{{{WHOLE}}}": f"0+{60 * 3 * 4}x10",
    f"nv_inference_queue_duration_us{{{WHOLE}}}": f"0+{60 * 3 * 4 * 50_000}x10",
}


def asked(metric: str, window: str = "2m") -> str:
    """The question that the adapter puts for the pods of a namespace, over a window that holds two samples here."""
    (rule,) = [one for one in yaml.safe_load(FILE.read_text())["rules"] if one["name"]["as"] == metric]
    text: str = rule["metricsQuery"]
    return text.replace("<<.GroupBy>>", "pod").replace("<<.LabelMatchers>>", 'namespace="prod"').replace("1m", window)


def answered(folder: Path, metric: str, series: Series, **values: float) -> None:
    """Assert that pods have these values."""
    (folder / RULES).write_text(yaml.safe_dump({"groups": []}))
    samples = [{"labels": f'{{pod="{pod}"}}', "value": value} for pod, value in values.items()]
    tried(folder, series, promql_expr_test=[{"expr": asked(metric), "eval_time": "8m", "exp_samples": samples}])


def test_a_part_of_a_gpu_is_known_by_its_own_counter_and_a_whole_one_by_either(tmp_path: Path) -> None:
    answered(tmp_path, "trireme_gpu_busy_share", GPUS, part=0.25, whole=0.6)


def test_the_memory_of_all_of_a_pod_s_gpus_counts_together(tmp_path: Path) -> None:
    answered(tmp_path, "trireme_gpu_memory_share", GPUS, part=0.6, whole=0.25)


def test_an_execution_counts_once_however_many_requests_are_in_it(tmp_path: Path) -> None:
    answered(tmp_path, "trireme_busy_instances", TRITON, whole=0.3)
    answered(tmp_path, "trireme_queue_ratio", TRITON, whole=0.5)
