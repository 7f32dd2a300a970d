"""Names and categories as they may stand in a page.

Evidently writes data into a script as JSON and escapes no `</script>`: what is in the data could add scripts.
"""

import re
from collections.abc import Iterable

LONGEST = 80
_LOOKALIKES = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "&": "\N{FULLWIDTH AMPERSAND}",
        '"': "\N{RIGHT DOUBLE QUOTATION MARK}",
        "'": "\N{RIGHT SINGLE QUOTATION MARK}",
        "`": "\N{LEFT SINGLE QUOTATION MARK}",
        "\\": "\N{REVERSE SOLIDUS OPERATOR}",
    }
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def harmless(text: str) -> str:
    """One line of at most 80 characters, without anything that ends a text or begins a tag."""
    line = _CONTROL.sub(" ", text).translate(_LOOKALIKES)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def distinct(texts: Iterable[str]) -> list[str]:
    """The same texts, harmless, and still different from one another."""
    found: dict[str, None] = {}
    for text in texts:
        name, count = harmless(text), 1
        while name in found:
            count += 1
            name = f"{harmless(text)} ({count})"
        found[name] = None
    return list(found)
