"""Making texts fit for a log: whatever a caller sends, a message stays one line of bounded length."""

SHORT = 256
"""Characters of a field."""
LONG = 4096
"""Characters of a message."""


def clean(text: str, limit: int = SHORT) -> str:
    r"""The text, cut to `limit` characters, with `\x1b` and the like in place of what isn't printable.

    That is controls (line ends and terminals' escapes among them), separators such as U+2028, marks that turn the
    direction of writing, and lone surrogates.
    """
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return cut if cut.isprintable() else "".join(map(_visible, cut))


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
