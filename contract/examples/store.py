"""Opening the object store: a folder, or S3. Needs obstore."""

from datetime import timedelta
from pathlib import Path

from obstore.store import LocalStore, ObjectStore, S3Store

S3 = "s3://"
NO_BUCKET = "NoSuchBucket"
"""What stands in an error where the bucket is gone; else that of an object which isn't there is the same."""


def open_store(location: str, *, endpoint: str | None = None, timeout_s: float = 30.0) -> ObjectStore:
    """The store at `s3://bucket/prefix`, or in a folder, which is made; it connects when it is used.

    Credentials come from the environment as all clients of S3 read them (`AWS_ACCESS_KEY_ID`, …). Raises `OSError`
    where the folder can't be made.
    """
    if not location.startswith(S3):
        return LocalStore(Path(location).absolute(), mkdir=True)
    timeout = timedelta(seconds=timeout_s)
    return S3Store.from_url(
        location,
        config={"endpoint": endpoint} if endpoint else {},
        client_options={
            "timeout": timeout,
            "connect_timeout": timeout,
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
        },
        retry_config={"max_retries": 2, "retry_timeout": timeout},
    )
