"""Server-Sent Events as a client reads them."""

import json
from typing import Any

Event = tuple[str, int, dict[str, Any]]


def read_events(text: str) -> list[Event]:
    """The kind, number and data of each event; comments, which keep connections open, are left out."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
    return found
