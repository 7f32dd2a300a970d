"""Both databases: a SQLite file each, and a PostgreSQL that the tests share."""

from tests.integration.prediction_log.conftest import database, postgres, postgresql, url

__all__ = ["database", "postgres", "postgresql", "url"]
