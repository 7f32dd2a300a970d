"""A page: parts as one HTML file that needs nothing beside it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.report.outline import Part

MAX_BYTES = 3_000_000
"""A page is kept below this: plots beyond it stay files beside the page."""
TEXT_BYTES = 500_000
"""What of it is left to words and tables."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """What a page shows, from top to bottom."""

    title: str
    summary: str
    figures: Pairs
    """The main figures by name."""
    parts: tuple[Part, ...]
    origin: Pairs
    """Where what is shown comes from."""
    notes: tuple[str, ...] = ()
    origin_title: str = "Where it comes from"


def render(page: Page) -> bytes:
    """The page as UTF-8 HTML: no scripts, no addresses, pictures embedded, every word escaped."""
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    images = embedded([part.image for part in page.parts if part.image])
    return environment.get_template("page.html").render(page=page, images=images).encode()


def embedded(images: Sequence[bytes], room: int = MAX_BYTES - TEXT_BYTES) -> dict[bytes, str]:
    """The images as base64, smallest first, as many as there is room for."""
    texts: dict[bytes, str] = {}
    for image in sorted(images, key=len):
        text = base64.b64encode(image).decode()
        if (room := room - len(text)) < 0:
            break
        texts[image] = text
    return texts
