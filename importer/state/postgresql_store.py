"""Tables in a PostgreSQL database that several machines share, and its clock for all of them."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from importer.errors import StoppedError, UnusableInputError
from importer.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from importer.model import Secret
    from importer.state.store import Value, Visit

_T = TypeVar("_T")

_PATIENCE = 10  # seconds for a connection, a lock and a statement
# A machine that vanishes in the middle of a transaction must not hold the others' calls up.
_MANNERS = (
    f"SET idle_in_transaction_session_timeout = '{_PATIENCE}s'",
    f"SET lock_timeout = '{_PATIENCE}s'",
    f"SET statement_timeout = '{_PATIENCE}s'",
)
_MAKING_TABLES = "importer: tables"
_LOCK = "SELECT pg_advisory_xact_lock(?)"
_NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"
_HAS_TABLES = "SELECT to_regclass('importer_holds') IS NOT NULL"


class PostgresqlStore:
    """One connection. Several threads may use it. Raises UnusableInputError without one."""

    def __init__(self, url: str, password: Secret | None, tables: Sequence[str]) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise UnusableInputError(
                tr(
                    "The calls are to be counted in PostgreSQL (`budgets` in importer.yaml). "
                    "Run: pip install 'importer[postgresql]'"
                )
            ) from error
        self._url = url
        self._password = password
        self._lock = threading.Lock()
        self._finished = False
        try:
            self._connection = self._connected()
            if not self.rows(_HAS_TABLES)[0][0]:
                self._transaction(_MAKING_TABLES, lambda visit: [visit.rows(t) for t in tables])
        except psycopg.Error as error:
            raise UnusableInputError(
                tr(
                    "The database {host} that counts the calls cannot be used: {reason}. See "
                    "`budgets` in importer.yaml.",
                    host=self._host,
                    reason=self._reason(error),
                )
            ) from None

    def alone(self, subject: str, work: Callable[[Visit], _T]) -> _T:
        import psycopg

        with self._lock:
            try:
                try:
                    return self._transaction(subject, work)
                except psycopg.OperationalError:
                    if self._finished or not self._connection.closed:
                        raise
                    self._connection = self._connected()
                    return self._transaction(subject, work)
            except psycopg.Error as error:
                raise StoppedError(
                    tr(
                        "The database {host} that counts the calls does not answer: {reason}. Once "
                        "it does, resume the run.",
                        host=self._host,
                        reason=self._reason(error),
                    )
                ) from None

    def close(self) -> None:
        with self._lock:
            self._finished = True
            self._connection.close()

    def now(self) -> float:
        return float(self.rows(_NOW)[0][0])

    def rows(self, statement: str, *values: Value) -> list[tuple[Any, ...]]:
        text = statement.replace("?", "%s")
        found = self._connection.execute(text.encode(), values)
        return found.fetchall() if found.description else []

    def _transaction(self, name: str, work: Callable[[Visit], _T]) -> _T:
        with self._connection.transaction():
            self.rows(_LOCK, _lock_number(name))
            return work(self)

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        import psycopg

        connection = psycopg.connect(
            self._url,
            password=self._password.reveal() if self._password else None,
            autocommit=True,
            prepare_threshold=None,  # some connection poolers lose prepared statements
            connect_timeout=_PATIENCE,
            keepalives_idle=15,
            keepalives_interval=5,
            keepalives_count=3,
            application_name="importer",
        )
        # Otherwise a statement might not see what was written while it waited for the lock.
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        for statement in _MANNERS:
            connection.execute(statement.encode())
        return connection

    @property
    def _host(self) -> str:
        return urlsplit(self._url).hostname or tr("(no host)")

    def _reason(self, error: psycopg.Error) -> str:
        """Give the first line of what the database says, without the password."""
        lines = str(error).strip().splitlines() or [type(error).__name__]
        secret = self._password.reveal() if self._password else ""
        return lines[0].replace(secret, "***") if secret else lines[0]


def _lock_number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
