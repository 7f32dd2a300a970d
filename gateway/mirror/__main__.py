"""`python -m gateway.mirror`: mirror the cards until SIGINT, SIGTERM or SIGHUP."""

import logging
import sys
from datetime import timedelta

from obstore.store import S3Store
from pydantic import ValidationError

from contract.ending import ending
from gateway.mirror.cards import CardMirror, Watch
from gateway.mirror.settings import MirrorSettings


def main() -> int:
    """Mirror as the environment says; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = MirrorSettings()
    except ValidationError as error:
        fields = ", ".join(f"MIRROR_{part}".upper() for part in (entry["loc"][0] for entry in error.errors()))
        sys.stderr.write(f"These settings are missing or wrong: {fields}.\n")
        return 2
    watch = Watch(_mirror(settings))
    with ending() as end:
        watch.refresh()
        while not end.wait(settings.interval_s):
            watch.refresh()
    return 0


def _mirror(settings: MirrorSettings) -> CardMirror:
    limits = {"max_card_bytes": settings.max_card_bytes, "max_file_bytes": settings.max_file_bytes}
    return CardMirror(open_store(settings), settings.folder, **limits)


def open_store(settings: MirrorSettings) -> S3Store:
    """A client of the settings' store; it connects when it is used."""
    timeout = timedelta(seconds=settings.timeout_s)
    return S3Store.from_url(
        settings.store,
        config={"endpoint": settings.endpoint} if settings.endpoint else {},
        client_options={
            "timeout": timeout,
            "connect_timeout": timeout,
            "allow_http": bool(settings.endpoint and settings.endpoint.startswith("http://")),
        },
        # The next look is soon enough.
        retry_config={"max_retries": 1, "retry_timeout": timeout},
    )


if __name__ == "__main__":
    sys.exit(main())
