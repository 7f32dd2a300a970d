"""The client of the gateway that the settings name."""

from trireme.client import Client
from trireme.settings import TriremeSettings


def connected(url: str | None, *, timeout_s: float = 30.0) -> Client:
    """A client of the gateway at `url`, or at `TRIREME_URL`, with the API key of the settings."""
    settings = TriremeSettings()
    api_key = settings.api_key.get_secret_value() if settings.api_key else None
    return Client(url or settings.url, api_key=api_key, timeout_s=timeout_s)
