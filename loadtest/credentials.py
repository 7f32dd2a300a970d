"""What the load tests show to a gateway that asks who calls."""

import os

VARIABLE = "TRIREME_API_KEY"


def credentials() -> dict[str, str]:
    """The header with the environment's API key; none where it holds none."""
    key = os.environ.get(VARIABLE)
    return {"Authorization": f"Bearer {key}"} if key else {}
