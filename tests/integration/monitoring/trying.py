"""The chart's rules, tried by promtool on made series."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.serving.chart import CHART, helm
from tests.integration.monitoring.series import Series
from tests.support.promtool import promtool

RULES = "rules.yaml"
VALUES = {
    "gateway": {"auth": {"secret": "accounts"}, "database": {"secret": "rows"}},
    "rollout": {"enabled": True},
    "autoscaling": {"gateway": {"enabled": True}},
    "monitoring": {
        "enabled": True,
        "gateway": {"secret": "prometheus"},
        # A day of minutes would take long.
        "rules": {"enabled": True, "thresholds": {"canaryHours": 1}},
    },
}


def rendered() -> dict[str, Any]:
    """The rules of a release `sail` in the namespace `prod`, as Prometheus reads them."""
    place = ("--show-only", "templates/monitoring/prometheusrule.yaml", "--namespace", "prod")
    found: dict[str, Any] = yaml.safe_load(helm("template", "sail", str(CHART), *place, values=VALUES))
    return dict(found["spec"])


def tried(folder: Path, series: Series, **expected: Sequence[Mapping[str, Any]]) -> None:
    """Evaluate the rules of a folder each minute; `expected` are promtool's own kinds of tests."""
    given = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1m", "input_series": given, **{name: list(cases) for name, cases in expected.items()}}
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [RULES], "evaluation_interval": "1m", "tests": [test]}))
    promtool("test", "rules", file)
