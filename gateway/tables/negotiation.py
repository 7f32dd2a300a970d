"""In which format a table comes, and in which the answer goes."""

from starlette.requests import Request

from contract.tabular.formats import ALIASES, MEDIA_TYPES, Format
from gateway.errors import NotAcceptable

ANYTHING = frozenset({"*/*", "application/*"})


def format_sent(content_type: str) -> Format | None:
    """The format that a `Content-Type` names; None for any other."""
    return ALIASES.get(content_type.partition(";")[0].strip().lower())


def format_wanted(request: Request, sent: Format) -> Format:
    """The format of the answer: what `Accept` likes best, else the one that was sent; raises `NotAcceptable`."""
    accepted = sorted(_accepted(request.headers.get("accept", "*/*")), key=lambda one: -one[1])
    for media_type, quality in accepted:
        if quality > 0 and media_type in ANYTHING:
            return sent
        if quality > 0 and media_type in ALIASES:
            return ALIASES[media_type]
    raise NotAcceptable(f"The answer can be had as {', '.join(MEDIA_TYPES.values())}.")


def _accepted(header: str) -> list[tuple[str, float]]:
    return [_with_quality(part) for part in header.split(",")]


def _with_quality(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return media_type, float(quality)
    except ValueError:
        return media_type, 0.0
