"""The chart, installed by helm."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

CHART = Path(__file__).parents[3] / "helm" / "trireme"
Values = Mapping[str, Any]


def helm(*arguments: str, values: Values | None = None, kubeconfig: Path | None = None) -> str:
    """Run helm with values on its standard input; raises `HelmFailed`. Skips the test where there is no helm."""
    program = shutil.which("helm", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if program is None:
        pytest.skip("The chart's tests need helm: install the `dev` extra.")
    given = [] if values is None else ["--values", "-"]
    environment = os.environ | ({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})
    done = subprocess.run(
        [program, *arguments, *given],
        input=json.dumps(values),
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise HelmFailed(done.stderr)
    return done.stdout


class HelmFailed(Exception):
    """What helm said."""


def install(release: str, namespace: str, values: Values, kubeconfig: Path, *, chart: Path = CHART) -> None:
    """Install or upgrade the chart; returns at once."""
    helm("upgrade", "--install", release, str(chart), "--namespace", namespace, values=values, kubeconfig=kubeconfig)
