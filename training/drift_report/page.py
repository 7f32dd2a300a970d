"""One page of HTML: Evidently's, with a line of ours about what was compared."""

import base64
import gzip
import hashlib
import os
import warnings
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from importlib.metadata import version
from typing import Any

from training.drift_report.frames import Frames
from training.retrain.work import Page

LIBRARY = "evidently"
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a page may do: run its own scripts, and reach nobody."""


@dataclass(frozen=True)
class Drawn:
    """A page, and what it says."""

    page: Page
    size: int
    """Bytes, not compressed."""
    drifted: tuple[str, ...]
    """Columns that Evidently takes to have drifted."""


def draw(frames: Frames, title: str, notes: tuple[str, ...]) -> Drawn:
    """Compare and draw; takes seconds, and connects to nothing."""
    # Before the import: it asks whether it may tell its makers.
    os.environ["DO_NOT_TRACK"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text, drifted = _rendered(frames)
    html = _introduced(text, title, notes)
    scripts = script_hashes(html)
    body = _guarded(html, scripts).encode()
    return Drawn(Page(gzip.compress(body, mtime=0), scripts), len(body), drifted)


def library() -> str:
    """What makes pages, with its version."""
    return f"Evidently {version(LIBRARY)}"


def script_hashes(html: str) -> tuple[str, ...]:
    """The digests of all scripts of a page, as a Content-Security-Policy names them."""
    scripts = _Scripts()
    scripts.feed(html)
    scripts.close()
    return tuple(
        f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}" for text in scripts.found
    )


def _rendered(frames: Frames) -> tuple[str, tuple[str, ...]]:
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415 - seconds, and the environment comes first
    from evidently.presets import DataDriftPreset, DataSummaryPreset  # noqa: PLC0415

    kinds = DataDefinition(numerical_columns=list(frames.numbers), categorical_columns=list(frames.categories))
    now, then = (Dataset.from_pandas(frame, data_definition=kinds) for frame in (frames.now, frames.reference))
    found = Report([DataDriftPreset(), DataSummaryPreset()]).run(now, then)
    return found.get_html_str(as_iframe=False), _drifted(found.dict())


def _drifted(found: dict[str, Any]) -> tuple[str, ...]:
    tests = (metric for metric in found["metrics"] if "method" in metric["config"])
    return tuple(test["config"]["column"] for test in tests if _has_drifted(**test["config"], value=test["value"]))


def _has_drifted(*, method: str, threshold: float, value: float, **_: Any) -> bool:
    # Of a test the probability of chance, of a distance the distance.
    return value < threshold if method.endswith("p_value") else value >= threshold


def _introduced(html: str, title: str, notes: tuple[str, ...]) -> str:
    paragraphs = "".join(f"<p>{escape(note)}</p>" for note in notes)
    ours = f'<header style="font-family: sans-serif; margin: 1em 2em"><h1>{escape(title)}</h1>{paragraphs}</header>'
    before, body, after = html.partition("<body>")
    return f"{before}{body}{ours}{after}"


def _guarded(html: str, scripts: tuple[str, ...]) -> str:
    """The page with the policy in it, for whoever opens it as a file."""
    named = " ".join(f"'{script}'" for script in scripts)
    policy = POLICY.format(scripts=named)
    before, head, after = html.partition("<head>")
    return f'{before}{head}<meta http-equiv="Content-Security-Policy" content="{policy}">{after}'


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self._is_inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.found[-1] += data
