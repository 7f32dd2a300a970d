"""Bringing the database's schema up to date, one process at a time."""

import contextlib
import logging
from collections.abc import Iterator
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from gateway.database.errors import DatabaseUnavailable, SchemaOutdated
from gateway.database.settings import DatabaseSettings
from gateway.database.url import connect_args, file_of, for_threads, parse

log = logging.getLogger(__name__)

ADVISORY_LOCK = 0x7472_6972
"""PostgreSQL's, for the time of a migration."""
CONNECT_S = 10
"""Seconds for a connection to a server that may be silent."""


def prepare(settings: DatabaseSettings) -> None:
    """Migrate or check, as the settings say; blocks. Raises `DatabaseUnavailable` or `SchemaOutdated`."""
    url = parse(settings.database.get_secret_value())
    if settings.database_migrate == "auto":
        upgrade(url)
        return
    found = current(url)
    if found != newest() and not is_newer(found):
        raise SchemaOutdated("The database's schema is not this program's: run `trireme database upgrade`.")


def upgrade(url: URL) -> None:
    """Bring the schema up to date; blocks while another process does. Raises `DatabaseUnavailable`.

    A newer program's schema stays as it is: while gateways are upgraded, one of the older ones may start again.
    """
    with _connected(url) as connection:
        if is_newer(MigrationContext.configure(connection).get_current_revision()):
            log.warning("the database's schema is a newer program's; it is taken as it is")
            return
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(url: URL) -> str | None:
    """The revision of the database's schema; None where there is none. Raises `DatabaseUnavailable`."""
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision of this program's schema."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_newer(revision: str | None) -> bool:
    """Whether a schema's revision is one that only a newer program knows: they are numbered."""
    known = newest()
    return revision is not None and known is not None and int(revision) > int(known)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("gateway.database") / "migrations"))
    return config


@contextlib.contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    is_postgresql = url.get_backend_name() == "postgresql"
    engine = create_engine(for_threads(url), connect_args=connect_args(CONNECT_S) if is_postgresql else {})
    try:
        with _file_lock(url), engine.begin() as connection:
            if is_postgresql:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            yield connection
    except OperationalError:
        raise DatabaseUnavailable("The database can't be reached.") from None
    finally:
        engine.dispose()


@contextlib.contextmanager
def _file_lock(url: URL) -> Iterator[None]:
    file = file_of(url)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f"{file.name}.lock")):
        # For its owner only: it holds passwords' hashes.
        file.touch(mode=0o600)
        yield
