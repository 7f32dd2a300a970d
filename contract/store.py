"""Opening an object store: a folder, or S3. Needs obstore."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config

S3 = "s3://"
NO_BUCKET = "NoSuchBucket"
"""What stands in an error where the bucket is gone; else that of an object which isn't there is the same."""
# A listing that is refused has no class of its own.
_REFUSED = re.compile(r"status code: 40[13]\b")


def open_store(
    location: str, *, endpoint: str | None = None, timeout_s: float = 30.0, access: Mapping[str, str] | None = None
) -> ObjectStore:
    """The store at `s3://bucket/prefix`, or in a folder, which is made; it connects when it is used.

    Credentials come from `access` (`access_key_id`, `secret_access_key`, `region`) and, for what isn't there, from the
    environment as all clients of S3 read them (`AWS_ACCESS_KEY_ID`, …). Raises `OSError` where the folder can't be
    made.
    """
    if not location.startswith(S3):
        return LocalStore(Path(location).absolute(), mkdir=True)
    timeout = timedelta(seconds=timeout_s)
    return S3Store.from_url(
        location,
        config=cast("S3Config", {**(access or {}), **({"endpoint": endpoint} if endpoint else {})}),
        client_options={
            "timeout": timeout,
            "connect_timeout": timeout,
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
        },
        retry_config={"max_retries": 2, "retry_timeout": timeout},
    )


def is_refused(error: Exception) -> bool:
    """Whether a store's error says that credentials or rights are wrong."""
    return isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError) or bool(
        _REFUSED.search(str(error))
    )
