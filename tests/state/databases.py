"""The PostgreSQL database of the tests, where there is one."""

from __future__ import annotations

import functools
import os
from typing import Any
from urllib.parse import urlsplit

import pytest

from importer.model import Secret

POSTGRESQL = os.environ.get("IMPORTER_TEST_POSTGRESQL", "")
needs_postgresql = pytest.mark.skipif(
    not POSTGRESQL,
    reason="IMPORTER_TEST_POSTGRESQL holds no URL such as postgresql://user:password@host/database",
)


def postgresql_parts() -> tuple[str, Secret]:
    """The test's database as it is configured: the password stands apart from the URL."""
    url = _own_database()
    password = urlsplit(url).password or ""
    return url.replace(f":{password}@", "@"), Secret(password)


@functools.cache
def _own_database() -> str:
    """The URL of a database of this process alone: where tests run side by side, it is made."""
    import psycopg

    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return POSTGRESQL
    name = f"importer_tests_{worker}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    return urlsplit(POSTGRESQL)._replace(path=f"/{name}").geturl()


def execute_in_postgresql(statement: str, *values: Any) -> list[Any]:
    import psycopg

    with psycopg.connect(_own_database(), autocommit=True) as connection:
        found = connection.execute(statement.encode(), values)
        return found.fetchall() if found.description else []
