"""A DuckDB that computes and does nothing else: no files, network, extensions, settings or Python objects."""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class SqlLimits:
    """What computing features may take."""

    memory_mb: int = 1_024
    """For all computations of one runner together, in MiB; nothing is put on the disk."""
    threads: int = 1
    """Of one computation: the one that calls. With more, sums of fractions depend on which is first."""
    timeout_s: float = 60.0


def sandbox(limits: SqlLimits) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory. Nothing that runs in it can loosen what is forbidden here."""
    forbidden = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allow_unsigned_extensions": "false",
        "python_enable_replacements": "false",
        "temp_directory": "",
    }
    bounds = {"memory_limit": f"{limits.memory_mb}MiB", "threads": str(limits.threads)}
    connection = duckdb.connect(":memory:", config={**forbidden, **bounds})
    connection.execute("SET lock_configuration = true")
    return connection
